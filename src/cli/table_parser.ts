import { object } from "@optique/core/constructs";
import { message, metavar as valueName, text } from "@optique/core/message";
import { map, optional, withDefault } from "@optique/core/modifiers";
import type { Parser } from "@optique/core/parser";
import { constant, flag, option } from "@optique/core/primitives";
import { choice, integer, type ValueParser } from "@optique/core/valueparser";
import type { CommandOption, OptionTable } from "../system/option_table.ts";
import { filled, filledPath } from "./value_parsers.ts";

/** Of those texts that have to fit a pattern. */
function fitting(
  { metavar, pattern }: CommandOption & { kind: "text" },
): ValueParser<"sync", string> {
  const plain = filled(metavar);
  if (pattern === undefined) return plain;
  return {
    ...plain,
    parse: (input) =>
      pattern.fits(input) ? { success: true, value: input } : {
        success: false,
        error: message`Expected ${valueName(metavar)}, ${pattern.expected}, found ${input}.`,
      },
  };
}

function valueParser(one: CommandOption): ValueParser<"sync", string | number> {
  switch (one.kind) {
    case "integer":
      return integer({ min: one.min, max: one.max, metavar: one.metavar });
    case "choice":
      return choice(one.choices, { metavar: one.metavar });
    case "path":
      return filledPath(one.metavar, one.metavar === "DIR" ? "directory" : "either");
    case "text":
      return fitting(one);
    default:
      return choice(["true", "false"], { metavar: "BOOLEAN" });
  }
}

type AnyParser = Parser<"sync", unknown, unknown>;

function optionParser(one: CommandOption): AnyParser {
  const description = [text(one.description)];
  if (one.kind === "flag") {
    return withDefault(flag(`--${one.name}`, { description }), false) as AnyParser;
  }
  const written = option(`--${one.name}`, valueParser(one), { description });
  const parser =
    (one.kind === "boolean" ? map(written, (word) => word === "true") : written) as AnyParser;
  if (one.required) return parser;
  const fallback = "default" in one ? one.default : undefined;
  return fallback === undefined ? optional(parser) : withDefault(parser, fallback);
}

/** The parser of a command whose options are in a table: for its help and completions, and alike in what it gives. */
export function tableParser<C extends { command: string }>(
  name: C["command"],
  table: OptionTable,
): Parser<"sync", C, unknown> {
  const fields = Object.entries(table).map(([field, one]) => [field, optionParser(one)] as const);
  const parsers: Record<string, AnyParser> = {
    command: constant(name) as AnyParser,
    ...Object.fromEntries(fields),
  };
  return object(parsers) as unknown as Parser<"sync", C, unknown>;
}
