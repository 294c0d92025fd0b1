/** Turns a user's aide.conf of any dialect from AIDE 0.15 to 0.19 into the one form that the operator runs. */

import type { Activity } from "./condition.ts";
import { evaluateCondition, otherwise, within } from "./condition.ts";
import type { ConfigLine } from "./config_line.ts";
import { parseConfigLine } from "./config_line.ts";
import { textLines } from "./config_text.ts";
import type { Conversion, ConversionAdvice, ConversionNote } from "./conversion.ts";
import type { ConversionState } from "./conversion_state.ts";
import { convertAssignment } from "./convert_assignment.ts";
import { convertIf, convertMacro } from "./convert_macro.ts";
import { convertRule } from "./convert_rule.ts";
import { pairConditions, withoutEmptyBranches } from "./empty_branches.ts";
import { firstLook } from "./first_look.ts";
import { expandLegacyMacros } from "./legacy_macro.ts";
import type { LineChange, LineResult } from "./line_result.ts";
import { refused, unchanged } from "./line_result.ts";
import { ourLines } from "./option_policy.ts";

export type * from "./conversion.ts";

interface OpenCondition {
  outer: Activity;
  truth: Activity;
}

/** Converts the lines in their order; holds what a line must know of those before it. */
class LineConverter {
  #open: OpenCondition[] = [];

  constructor(readonly state: ConversionState) {}

  #enter(activity: Activity): void {
    this.state.activity = activity;
    this.state.nested = this.#open.length > 0;
  }

  #convertMacro(line: string, parsed: ConfigLine & { kind: "macro" }): LineResult {
    const { state } = this;
    const top = this.#open.at(-1);
    switch (parsed.name.text) {
      case "if":
      case "ifdef":
      case "ifndef":
      case "ifhost":
      case "ifnhost": {
        const { result, condition } = convertIf(line, parsed, state);
        const truth = condition === undefined
          ? "maybe"
          : evaluateCondition(condition, state.macros);
        this.#open.push({ outer: state.activity, truth });
        this.#enter(within(state.activity, truth));
        return result;
      }
      case "else":
        if (top !== undefined) this.#enter(within(top.outer, otherwise(top.truth)));
        return unchanged(line);
      case "endif":
        this.#open.pop();
        if (top !== undefined) this.#enter(top.outer);
        return unchanged(line);
      default:
        return convertMacro(line, parsed, state);
    }
  }

  #convertParsed(line: string, number: number, parsed: ConfigLine): LineResult {
    switch (parsed.kind) {
      case "blank":
      case "comment":
        return unchanged(line);
      case "rule":
        return convertRule(line, parsed, this.state);
      case "assignment":
        return convertAssignment(line, number, parsed, this.state);
      case "macro":
        return this.#convertMacro(line, parsed);
      case "leading-macro":
        return refused(
          line,
          "unresolved-macro",
          "a line can't start with a macro; write its value out",
        );
      case "broken":
        return refused(line, "syntax", parsed.message);
    }
  }

  convert(line: string, number: number, parsed: ConfigLine): LineResult {
    const legacy = expandLegacyMacros(line, parsed, this.state.macros);
    if (legacy === undefined) return this.#convertParsed(line, number, parsed);
    if ("uncertain" in legacy) {
      const message = `macro ${legacy.uncertain} can stand only in paths; write its value out`;
      return refused(line, "unresolved-macro", message);
    }
    const again = parseConfigLine(legacy.text);
    const result = expandLegacyMacros(legacy.text, again, this.state.macros) === undefined
      ? this.#convertParsed(legacy.text, number, again)
      : refused(line, "unresolved-macro", "a macro's value has a macro in it; write it out");
    const change: LineChange = {
      reason: "expanded-macro",
      message:
        "macros at a line's start and in attributes are written out, as only AIDE before 0.17 takes them",
    };
    return { ...result, changes: [change, ...result.changes] };
  }
}

function lineNote(
  line: number,
  before: string,
  after: string,
  changes: readonly LineChange[],
): ConversionNote {
  const [first] = changes;
  const message = [...new Set(changes.map((change) => change.message))].join("; ");
  return { line, reason: first?.reason ?? "syntax", message, before, after };
}

/** Most configurations have many excludes without an end: the first one speaks for all. */
function gathered(advice: readonly ConversionAdvice[]): ConversionAdvice[] {
  const open = advice.filter((piece) => piece.reason === "unanchored-exclude");
  const [first, ...others] = open;
  if (first === undefined) return [...advice];
  const named = others.slice(0, 20).map((piece) => piece.line).join(", ");
  const more = others.length > 20 ? ` and ${others.length - 20} more` : "";
  const message = others.length === 0
    ? first.message
    : `${first.message}; likewise in lines ${named}${more}`;
  return advice.filter((piece) => piece.reason !== "unanchored-exclude" || piece === first)
    .map((piece) => piece === first ? { ...first, message } : piece);
}

/** Adds the operator's lines that the text does not have; one note tells of them all. */
function addMissing(lines: string[], state: ConversionState, notes: ConversionNote[]): void {
  const missing = Object.entries(ourLines).filter(([name]) => !state.ours.has(name));
  if (missing.length === 0) return;
  const added = missing.map(([, line]) => line);
  lines.push(...added);
  const names = missing.map(([name]) => name).join(", ");
  const message = `added at the end, as the operator needs it: ${names}`;
  notes.push({ reason: "added", message, before: "", after: added.join("\n") });
}

/**
 * Converts a user's aide.conf, line for line; lines that are missing follow the last one. The result means the same to
 * AIDE 0.18 and 0.19, with 0.18's meaning of `!` (what it matches is left out with all below it), has every rule below
 * `/hostroot`, reads nothing but itself and writes only where the operator says. Every change is a note, everything that
 * can't be used a fault; with faults, `text` is only to be looked at. Converting the result again changes nothing.
 */
export function convertConfig(text: string): Conversion {
  const { lines, notes, faults } = textLines(text);
  const result: Conversion = { text, notes, faults, advice: [] };
  if (faults.length > 0) return result;
  const parsed = lines.map(parseConfigLine);
  for (const { index, message } of pairConditions(parsed).faults) {
    faults.push({ line: index + 1, reason: "unbalanced-condition", message });
  }
  const paired = faults.length === 0;
  const converter = new LineConverter(firstLook(parsed));
  const results = lines.map((line, index) =>
    converter.convert(line, index + 1, parsed[index] ?? { kind: "blank" })
  );
  const converted = results.map((line) => line.text);
  const final = paired ? withoutEmptyBranches(converted) : converted;
  results.forEach(({ changes, faults: found, advice }, index) => {
    const [before = "", after = ""] = [lines[index], final[index]];
    const line = index + 1;
    const all = after === converted[index] ? changes : [...changes, {
      reason: "empty-branch" as const,
      message: "AIDE refuses a condition without statements",
    }];
    if (before !== after) notes.push(lineNote(line, before, after, all));
    faults.push(...found.map((fault) => ({ line, ...fault })));
    result.advice.push(...advice.map((piece) => ({ line, ...piece })));
  });
  result.advice = gathered(result.advice);
  if (!converter.state.selects) {
    const message = "no rule selects anything; add one, as in /etc R+sha512";
    faults.push({ line: 1, reason: "selects-nothing", message });
  }
  notes.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  addMissing(final, converter.state, notes);
  faults.sort((a, b) => a.line - b.line);
  return { ...result, text: final.join("\n") + "\n" };
}
