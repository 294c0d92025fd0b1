/** Values of the macros (`@@define`) of a configuration at one of its lines. */

import { stringParts } from "./config_string.ts";

/** What is known of a macro. */
export interface MacroState {
  /** The values that it can have; the only one when `certain`. At most 16, `open` when there are more. */
  values: readonly string[];
  /** Whether the macro has its one value on every machine. */
  certain: boolean;
  open: boolean;
  /** Whether the value comes from DBDIR or LOGDIR, which the converted text defines anew. */
  ours: boolean;
}

/** The macros that are defined at a line. */
export type Macros = Map<string, MacroState>;

/** Macros whose value the converted text replaces. */
export const ourMacros: ReadonlySet<string> = new Set(["DBDIR", "LOGDIR"]);

/** Longest value that a macro may have, in UTF-16 units. */
export const maxMacroValue = 4096;

const maxValues = 16;

/** The macros that AIDE defines; what they hold is known only when it runs. */
export function initialMacros(): Macros {
  const late = { values: [], certain: false, open: true, ours: false };
  return new Map([["HOSTNAME", late], ["AIDE_VERSION", late]]);
}

const undefinedMacro: MacroState = { values: [""], certain: true, open: false, ours: false };

/** What a macro stands for; one that is not defined stands for nothing. */
export function macroState(macros: Macros, name: string): MacroState {
  return macros.get(name) ?? undefinedMacro;
}

/** The result of writing out macros: the text, or the macro whose value isn't certain. */
export type Expansion = { text: string } | { uncertain: string };

/**
 * Writes out all macros of a string and unescapes the text around them. `ours` says whether the value comes from DBDIR or
 * LOGDIR. A result over four times `maxMacroValue` is uncertain too.
 */
export function expandMacros(text: string, macros: Macros): Expansion & { ours: boolean } {
  const parts = stringParts(text);
  const ours = parts.some((part) =>
    "macro" in part && (ourMacros.has(part.macro) || macroState(macros, part.macro).ours)
  );
  let expanded = "";
  for (const part of parts) {
    if ("text" in part) {
      expanded += part.text;
      continue;
    }
    const state = macroState(macros, part.macro);
    expanded += state.values[0] ?? "";
    if (!state.certain || expanded.length > 4 * maxMacroValue) {
      return { uncertain: part.macro, ours };
    }
  }
  return { text: expanded, ours };
}

/** Defines a macro; `always` when no condition that is open until AIDE runs stands around it. */
export function defineMacro(macros: Macros, name: string, value: string, always: boolean): void {
  const expansion = expandMacros(value, macros);
  const ours = expansion.ours || ourMacros.has(name);
  const known = "text" in expansion;
  const values = known ? [expansion.text] : [];
  if (always) {
    macros.set(name, { values, certain: known, open: !known, ours });
    return;
  }
  const before = macroState(macros, name);
  const all = [...new Set([...before.values, ...values])];
  macros.set(name, {
    values: all.slice(0, maxValues),
    certain: false,
    open: !known || before.open || all.length > maxValues,
    ours: ours || before.ours,
  });
}

/** Takes a macro away. */
export function undefineMacro(macros: Macros, name: string, always: boolean): void {
  if (always) macros.delete(name);
  else if (macros.has(name)) defineMacro(macros, name, "", false);
}
