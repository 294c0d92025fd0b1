/** What follows the regular expression of a rule: restrictions, attributes, a comment. */

import { isBlank, type Span, span, trimmed } from "./span.ts";

/** The part of a rule behind its regular expression. */
export interface RuleTail {
  /** File types, "f,d" or "0". */
  fileTypes?: Span;
  /** File system type, with its "=", "=tmpfs". */
  fsType?: Span;
  expression?: Span;
  comment?: Span;
}

const word = /^[A-Za-z0-9_%>]+/;

function wordEnd(line: string, at: number, end: number): number {
  return at + (word.exec(line.slice(at, end))?.[0].length ?? 0);
}

function skipBlanks(line: string, at: number, end: number): number {
  while (at < end && isBlank(line[at])) at++;
  return at;
}

/** A list of words joined by the operators, from `at`; its end is `at` when there is none. */
function listEnd(line: string, at: number, end: number, operators: string): number {
  let last = wordEnd(line, at, end);
  if (last === at) return at;
  for (;;) {
    const operator = skipBlanks(line, last, end);
    if (operator >= end || !operators.includes(line[operator] ?? "")) return last;
    const next = skipBlanks(line, operator + 1, end);
    const after = wordEnd(line, next, end);
    if (after === next) return last;
    last = after;
  }
}

/** An attribute expression is what is left; its own parser finds what is wrong with it. */
function withExpression(line: string, at: number, end: number, tail: RuleTail): RuleTail {
  const expression = trimmed(line, at, end);
  return expression.text === "" ? tail : { ...tail, expression };
}

function readFsType(line: string, at: number, end: number): Span | string {
  const name = skipBlanks(line, at + 1, end);
  const after = wordEnd(line, name, end);
  return after === name
    ? "a file system type must follow the = of a restriction"
    : span(line, at, after);
}

/** Reads a rule from the end of its regular expression; a text says what is wrong. */
export function readRuleTail(line: string, from: number): RuleTail | string {
  const hash = line.indexOf("#", from);
  const end = hash < 0 ? line.length : hash;
  const comment: RuleTail = hash < 0 ? {} : { comment: span(line, hash, line.length) };
  const start = skipBlanks(line, from, end);
  const typesEnd = listEnd(line, start, end, ",");
  const behind = skipBlanks(line, typesEnd, end);
  if (line[behind] === "=" && behind < end) {
    const fsType = readFsType(line, behind, end);
    if (typeof fsType === "string") return fsType;
    const types = typesEnd > start ? { fileTypes: span(line, start, typesEnd) } : {};
    return withExpression(line, fsType.end, end, { ...comment, ...types, fsType });
  }
  const list = line.slice(start, typesEnd);
  // `f p`: two words without an operator between them are restriction and attributes.
  if (list.includes(",") || (typesEnd > start && behind < end && word.test(line[behind] ?? ""))) {
    const fileTypes = span(line, start, typesEnd);
    return withExpression(line, typesEnd, end, { ...comment, fileTypes });
  }
  return withExpression(line, start, end, comment);
}
