/** One line of aide.conf, taken apart as AIDE's own lexer does. */

import { skipString } from "./config_string.ts";
import { readRuleTail, type RuleTail } from "./rule_tail.ts";
import { isBlank, type Span, span, trimmed } from "./span.ts";

/** Kind of a rule: select, exclude (`!`), this level only (`=`), exclude with all below (`-`, from 0.19). */
export type RuleSign = "" | "!" | "=" | "-";

/** A rule. `regex` is as written, with AIDE's escapes and macros. */
export interface RuleLine extends RuleTail {
  kind: "rule";
  sign: Span & { text: RuleSign };
  regex: Span;
}

/** `name = value`: an option or a group. `value` runs up to the comment, without spaces around it. */
export interface AssignmentLine {
  kind: "assignment";
  name: Span;
  value: Span;
  comment?: Span;
}

/** `@@name rest`. */
export interface MacroLine {
  kind: "macro";
  name: Span;
  rest: Span;
  comment?: Span;
}

/** A line of aide.conf. `leading-macro` lines start with `@@{NAME}`, as only AIDE before 0.17 allows. */
export type ConfigLine =
  | { kind: "blank" }
  | { kind: "comment" }
  | { kind: "leading-macro" }
  | RuleLine
  | AssignmentLine
  | MacroLine
  | { kind: "broken"; message: string };

// A comment after a value starts with a "#" that follows a space; "x#y" is a value.
function valueAndComment(line: string, from: number): { value: Span; comment?: Span } {
  let at = from;
  while (isBlank(line[at])) at++;
  for (let end = at; end < line.length;) {
    if (line[end] === "#" && (end === at || isBlank(line[end - 1]))) {
      return { value: trimmed(line, at, end), comment: span(line, end, line.length) };
    }
    end = isBlank(line[end]) ? end + 1 : skipString(line, end);
  }
  return { value: trimmed(line, at, line.length) };
}

function readMacro(line: string, at: number): ConfigLine {
  const name = /^[A-Za-z_0-9]*/.exec(line.slice(at + 2))?.[0] ?? "";
  const end = at + 2 + name.length;
  const { value, comment } = valueAndComment(line, end);
  const rest = { kind: "macro" as const, name: span(line, at + 2, end), rest: value };
  return comment === undefined ? rest : { ...rest, comment };
}

function readRule(line: string, at: number): ConfigLine {
  const signed = line[at] !== "/" && line[at] !== "@";
  const sign = span(line, at, signed ? at + 1 : at) as RuleLine["sign"];
  const end = skipString(line, sign.end);
  const tail = readRuleTail(line, end);
  if (typeof tail === "string") return { kind: "broken", message: tail };
  return { kind: "rule", sign, regex: span(line, sign.end, end), ...tail };
}

function readAssignment(line: string, at: number): ConfigLine {
  const match = /^([A-Za-z0-9_%]+)[ \t]*=/.exec(line.slice(at));
  if (match === null) {
    return {
      kind: "broken",
      message:
        "this is neither a rule, an option, a group nor a macro; rules start with /, !/, =/ or -/",
    };
  }
  const [whole, name = ""] = match;
  const from = at + whole.length;
  return {
    kind: "assignment",
    name: span(line, at, at + name.length),
    ...valueAndComment(line, from),
  };
}

/** Takes one line apart; the line comes without its line ending. Never throws. */
export function parseConfigLine(line: string): ConfigLine {
  let at = 0;
  while (isBlank(line[at])) at++;
  const rest = line.slice(at, at + 4);
  if (rest === "") return { kind: "blank" };
  if (rest[0] === "#") return { kind: "comment" };
  if (rest.startsWith("@@{")) return { kind: "leading-macro" };
  if (rest.startsWith("@@")) return readMacro(line, at);
  if (rest[0] === "/" || /^[!=-](\/|@@\{)/.test(rest)) return readRule(line, at);
  return readAssignment(line, at);
}
