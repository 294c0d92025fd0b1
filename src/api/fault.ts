/** What is wrong with an input, in the words that every command prints. */

import { encodePath } from "../base/path_text.ts";

const encoder = new TextEncoder();
const longest = 60;

/** One thing that is wrong with an object, and what to do about it. */
export interface Fault {
  /** Field path as kubectl writes it, such as `spec.tolerations[0].effect`; "" for the whole object. */
  path: string;
  /** What was found. */
  message: string;
  /** What to write instead. */
  remedy: string;
}

/** A text in quotes, on one line, printable and not too long. */
export function quoted(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest).toWellFormed()}…` : text;
  return `"${encodePath(encoder.encode(cut))}"`;
}

/** A value of an input in words: `the text "x"`, `the number 8`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return `the text ${quoted(value)}`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return `the truth value ${value}`;
  return Array.isArray(value) ? "a list" : "a group of fields";
}

/** `parent` and the name of a field in it, as one field path. */
export function childPath(parent: string, key: string | number): string {
  if (typeof key === "number") return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$-]*$/.test(key)) return `${parent}[${quoted(key).slice(1, -1)}]`;
  return parent === "" ? key : `${parent}.${key}`;
}

/** A fault on one line. */
export function faultLine(fault: Fault): string {
  return `${fault.path === "" ? "" : `${fault.path}: `}${fault.message}. ${fault.remedy}`;
}
