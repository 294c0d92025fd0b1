/** The text of a configuration as lines. */

import type { ConversionFault, ConversionNote } from "./conversion.ts";

/** Largest configuration that is looked at, in bytes of UTF-8: what a ConfigMap can hold. */
export const maxTextBytes = 1024 * 1024;

/** Longest line, in UTF-16 units. */
export const maxLineLength = 8192;

/** Lines without their endings, and what was changed to get them. */
export interface TextLines {
  lines: string[];
  notes: ConversionNote[];
  faults: ConversionFault[];
}

// deno-lint-ignore no-control-regex
const control = /[\x00-\x08\x0a-\x1f\x7f]/;

function lineFault(line: string, number: number): ConversionFault | undefined {
  if (line.length > maxLineLength) {
    const message = `the line is longer than ${maxLineLength} characters; make it several`;
    return { line: number, reason: "line-too-long", message };
  }
  const nul = line.includes("\0");
  if (nul || (control.test(line) && !/^[ \t]*#/.test(line))) {
    const message = "the line has a control character in it; remove it";
    return { line: number, reason: "control-character", message };
  }
  return undefined;
}

/** Splits a text into lines; a text over `maxTextBytes` gives a fault and no lines. */
export function textLines(text: string): TextLines {
  const notes: ConversionNote[] = [];
  if (text.length > maxTextBytes || new TextEncoder().encode(text).length > maxTextBytes) {
    const message = "the configuration is larger than 1 MiB; make it smaller";
    return { lines: [], notes, faults: [{ line: 1, reason: "too-large", message }] };
  }
  const marked = text.startsWith("\ufeff");
  const lines = (marked ? text.slice(1) : text).split("\n");
  if (marked) {
    const message = "the byte order mark before the first line is removed";
    const after = lines[0]?.replace(/\r$/, "") ?? "";
    notes.push({ line: 1, reason: "line-endings", message, before: `\ufeff${after}`, after });
  }
  if (lines.at(-1) === "") lines.pop();
  else {
    const last = lines.at(-1) ?? "";
    const message = "the last line ends with a line break now";
    notes.push({
      line: lines.length,
      reason: "line-endings",
      message,
      before: last,
      after: `${last}\n`,
    });
  }
  const returns = lines.filter((line) => line.endsWith("\r")).length;
  const first = lines.findIndex((line) => line.endsWith("\r"));
  const clean = lines.map((line) => line.replace(/\r$/, ""));
  if (first >= 0) {
    const message = `lines end with a line break alone now, here and in ${returns - 1} more`;
    const [before = "", after = ""] = [lines[first], clean[first]];
    notes.push({ line: first + 1, reason: "line-endings", message, before, after });
  }
  const faults = clean.map((line, index) => lineFault(line, index + 1))
    .filter((fault) => fault !== undefined);
  return { lines: clean, notes, faults };
}
