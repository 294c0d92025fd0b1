/** One line of the log. */

import type { LogRecord } from "@logtape/logtape";
import { printable } from "./output.ts";
import { withoutSecrets } from "./secrets.ts";

/** The form of a log line. */
export type LogFormat = "text" | "json";

const words = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  fatal: "ERROR",
};

/** Container runtimes cut lines of more than 16 KiB in two, of which neither is JSON. */
const longestLine = 16_000;

/** Characters of a value; the next one where the line gets too long. */
const limits = [4_000, 1_000, 250, 60];

// What is cut off before secrets are looked for: enough for one that begins in what is shown.
const lookedThrough = 2;

function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}

function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value);
  try {
    if (value instanceof Error) return String(value.message);
    return JSON.stringify(value) ?? kindOf(value);
  } catch {
    return kindOf(value); // it has a circle, or is no text by its own will
  }
}

function bounded(text: string, limit: number): string {
  const safe = withoutSecrets(text.slice(0, limit * lookedThrough));
  if (text.length <= limit && safe.length <= limit) return safe;
  return `${safe.slice(0, limit).toWellFormed()}… (of ${text.length} characters)`;
}

/** On one line, and without characters that command a terminal or turn the order of what is read. */
function shown(text: string, limit: number): string {
  return printable(bounded(text, limit)).replaceAll("\n", "\\012").replaceAll("\t", "\\011");
}

function sentence({ message }: LogRecord, limit: number): string {
  return shown(message.map((part) => textOf(part).slice(0, limit * lookedThrough)).join(""), limit);
}

function property(name: string, value: unknown, limit: number): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  // A stack is read line by line; JSON lets no line of it out.
  if (name === "stack") return printable(bounded(textOf(value), limit));
  return shown(textOf(value), limit);
}

function textLine(record: LogRecord, limit: number): string {
  const at = new Date(record.timestamp).toISOString();
  return `${at} ${words[record.level].padEnd(5)} ${sentence(record, limit)}`;
}

function jsonLine(record: LogRecord, limit: number): string {
  const line = {
    time: new Date(record.timestamp).toISOString(),
    level: words[record.level].toLowerCase(),
    message: sentence(record, limit),
  };
  const properties = Object.entries(record.properties).map(([name, value]) =>
    [name, property(name, value, limit)] as const
  );
  // A property of the same name must not take their place.
  return JSON.stringify({ ...line, ...Object.fromEntries(properties), ...line });
}

const encoder = new TextEncoder();

/**
 * A record as a line, without its end. Whatever host names, paths and servers say, it is one line of bounded length, free
 * of control and format characters: `\ooo` stands for each of their bytes. Secrets that can be told by their form are not
 * in it.
 */
export function logLine(record: LogRecord, format: LogFormat): string {
  const render = format === "json" ? jsonLine : textLine;
  let line = "";
  for (const limit of limits) {
    line = render(record, limit);
    // No character takes more than 3 bytes for each unit of its length.
    if (line.length * 3 <= longestLine || encoder.encode(line).length <= longestLine) break;
  }
  return line;
}
