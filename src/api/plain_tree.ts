/** Turns what a YAML parser gives into a JSON tree of bounded size. */

import { describeValue } from "./fault.ts";

const maxNodes = 200_000;
const maxDepth = 64;
const maxLength = 16 * 1024 * 1024;

/** A document that can't be a tree of JSON, or would be too large a one. */
export class TreeError extends Error {
  /** Number of the document, from 1. */
  readonly document: number;
  /** What to write instead. */
  readonly remedy: string;

  /** With the number of the document, from 1. */
  constructor(document: number, message: string, remedy: string) {
    super(message);
    this.name = "TreeError";
    this.document = document;
    this.remedy = remedy;
  }
}

/**
 * Copies parsed documents so that no two places share an object, resolves merge keys (`<<`) as kubectl does, and
 * adds every text and key to `texts`. Aliases are copied wherever they stand, so a few lines can mean billions of
 * fields: more than 200,000 values, 16 Mi characters or 64 levels throw a `TreeError`.
 */
export function plainTree(documents: readonly unknown[], texts: Set<string>): unknown[] {
  let nodes = 0;
  let length = 0;
  return documents.map((document, at) => {
    const refuse = (message: string, remedy: string): never => {
      throw new TreeError(at + 1, message, remedy);
    };
    const text = (value: string): string => {
      length += value.length;
      if (length > maxLength) refuse("aliases repeat too much", "Write it without aliases");
      if (!value.isWellFormed()) refuse("a text has half of a character", "Write whole characters");
      texts.add(value);
      return value;
    };
    const merged = (value: unknown, depth: number): Map<string, unknown> => {
      const sources = Array.isArray(value) ? value : [value];
      const fields = new Map<string, unknown>();
      for (const source of sources) {
        const copied = copy(source, depth);
        if (typeof copied !== "object" || copied === null || Array.isArray(copied)) {
          return refuse(
            `<< merges ${describeValue(copied)}`,
            "Merge a group of fields, or write << in another way",
          );
        }
        for (const [key, child] of Object.entries(copied)) {
          if (!fields.has(key)) fields.set(key, child);
        }
      }
      return fields;
    };
    const copy = (value: unknown, depth: number): unknown => {
      if (++nodes > maxNodes) refuse("too many values", "Write less, or without aliases");
      if (depth > maxDepth) {
        refuse("lists or groups stand too deep in each other", "Write it with fewer levels");
      }
      if (typeof value === "string") return text(value);
      if (typeof value !== "object" || value === null) return value;
      if (Array.isArray(value)) return value.map((child) => copy(child, depth + 1));
      const fields = new Map<string, unknown>();
      const entries = Object.entries(value);
      for (const [key, child] of entries) {
        if (key !== "<<") fields.set(text(key), copy(child, depth + 1));
      }
      for (const [key, child] of entries) {
        if (key !== "<<") continue;
        for (const [name, given] of merged(child, depth + 1)) {
          if (!fields.has(name)) fields.set(name, given);
        }
      }
      return Object.fromEntries(fields);
    };
    return copy(document, 0);
  });
}
