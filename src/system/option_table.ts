/**
 * Options as a table, and their parser: for commands that stay in memory, which a library for command lines would
 * double. Help and completions are made of the same table.
 */

import { parseArgs } from "node:util";
import { quoted } from "../api/fault.ts";

interface Described {
  /** Without the dashes. */
  name: string;
  /** A sentence. */
  description: string;
  required?: true;
}

/** A text that is not empty. */
interface TextOption extends Described {
  kind: "text";
  metavar: "NAME" | "UID" | "DIGEST" | "IMAGE" | "ADDRESS";
  /** Whether a text will do, and in words what would. */
  pattern?: { fits(text: string): boolean; expected: string };
}

/** A path, which shells complete. */
interface PathOption extends Described {
  kind: "path";
  metavar: "FILE" | "DIR" | "PATH";
  default?: string;
}

/** A whole number. */
interface IntegerOption extends Described {
  kind: "integer";
  metavar: "SECONDS" | "N";
  min: number;
  max: number;
  default?: number;
}

/** One of several words. */
interface ChoiceOption extends Described {
  kind: "choice";
  metavar: "FORMAT";
  choices: readonly string[];
  default?: string;
}

/** `--name=true` or `--name=false`. */
interface BooleanOption extends Described {
  kind: "boolean";
  default?: boolean;
}

/** `--name`, which is false where it is not given. */
interface FlagOption extends Described {
  kind: "flag";
}

/** One option of a command. */
export type CommandOption =
  | TextOption
  | PathOption
  | IntegerOption
  | ChoiceOption
  | BooleanOption
  | FlagOption;

/** The options of a command, by the fields that their values get. */
export type OptionTable = Readonly<Record<string, CommandOption>>;

type ValueOf<O> = O extends { kind: "integer" } ? number
  : O extends { kind: "boolean" | "flag" } ? boolean
  : O extends { kind: "choice"; choices: readonly (infer C)[] } ? C
  : string;

type Certain = { required: true } | { default: unknown } | { kind: "flag" };

type Fields<T extends OptionTable> =
  & { -readonly [K in keyof T as T[K] extends Certain ? K : never]: ValueOf<T[K]> }
  & { -readonly [K in keyof T as T[K] extends Certain ? never : K]?: ValueOf<T[K]> };

/** The values of a table's options; one that is neither required nor has a default may be absent. */
export type OptionValues<T extends OptionTable> = { [K in keyof Fields<T>]: Fields<T>[K] };

/** The option as help shows it: `--interval=SECONDS`. */
export function optionForm(option: CommandOption): string {
  switch (option.kind) {
    case "flag":
      return `--${option.name}`;
    case "boolean":
      return `--${option.name}=true|false`;
    default:
      return `--${option.name}=${option.metavar}`;
  }
}

type Read = { value: string | number | boolean } | { expected: string };

function readValue(option: CommandOption, text: string): Read {
  switch (option.kind) {
    case "integer": {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      const { min, max } = option;
      if (value >= min && value <= max) return { value };
      return { expected: `a whole number from ${min} to ${max}` };
    }
    case "boolean":
      return text === "true" || text === "false"
        ? { value: text === "true" }
        : { expected: "true or false" };
    case "choice":
      return option.choices.includes(text)
        ? { value: text }
        : { expected: option.choices.join(" or ") };
    case "text":
      return option.pattern === undefined || option.pattern.fits(text)
        ? { value: text }
        : { expected: option.pattern.expected };
    case "path":
      return { value: text };
    case "flag":
      return { value: true };
  }
}

/** A command line that was parsed, or everything that is wrong with it, a sentence with its remedy each. */
export type ParsedOptions<T extends OptionTable> =
  | { values: OptionValues<T> }
  | { faults: string[] };

/** Parses the arguments after the subcommand `command`: `--name=value`, or `--name value`. */
export function parseOptions<T extends OptionTable>(
  command: string,
  table: T,
  args: readonly string[],
): ParsedOptions<T> {
  const named = new Map(Object.entries(table).map((entry) => [entry[1].name, entry]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.values(table).map((option) => [
        option.name,
        { type: option.kind === "flag" ? "boolean" as const : "string" as const },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      faults.push(
        `Unexpected argument ${quoted(token.value)}: remove it, or write it as --OPTION=VALUE`,
      );
      continue;
    }
    const entry = named.get(token.name);
    if (entry === undefined || !token.rawName.startsWith("--")) {
      faults.push(
        `Unknown option ${
          quoted(token.rawName)
        }: remove it; ${command} --help lists those that there are`,
      );
      continue;
    }
    const [field, option] = entry;
    const form = optionForm(option);
    if (seen.has(field)) {
      faults.push(`--${option.name} is given more than once: give it once, as ${form}`);
      continue;
    }
    seen.add(field);
    if (option.kind === "flag" && token.value !== undefined) {
      faults.push(`--${option.name} takes no value: write ${form} alone, or leave it out`);
    } else if (option.kind !== "flag" && !token.value) {
      faults.push(`--${option.name} has no value: give ${form}`);
    } else {
      const read = readValue(option, token.value ?? "");
      if ("value" in read) values[field] = read.value;
      else {
        const found = quoted(token.value ?? "");
        faults.push(`--${option.name}: ${found} is not ${read.expected}: give ${form}`);
      }
    }
  }
  for (const [field, option] of Object.entries(table)) {
    if (seen.has(field)) continue;
    if (option.required) {
      faults.push(`--${option.name} is missing: give ${optionForm(option)}`);
    } else if (option.kind === "flag") values[field] = false;
    else if ("default" in option) values[field] = option.default;
  }
  return faults.length > 0 ? { faults } : { values: values as OptionValues<T> };
}
