/** Reads the documents of a YAML or JSON text, as kubectl reads a file. */

import { parseAll, YamlSyntaxError } from "@std/yaml";
import { describeValue, type Fault, quoted } from "./fault.ts";
import { plainTree, TreeError } from "./plain_tree.ts";
import { plainScalars } from "./plain_scalars.ts";

/** The kinds that a file may hold. */
export const documentKinds = ["FileIntegrity", "ConfigMap", "FileIntegrityNodeStatus"] as const;

/** Kind of a document. */
export type DocumentKind = typeof documentKinds[number];

/** A document of an accepted kind. Its value is JSON, but not validated otherwise. */
export interface Document {
  kind: DocumentKind;
  value: Record<string, unknown>;
  /** Number of the document in its text, from 1; the items of a List have the number of the List. */
  index: number;
}

/** A fault of a text. `path` is `source:line:column` or `source, document 2`. */
export interface DocumentFault extends Fault {
  source: string;
  /** From 1. */
  line?: number;
  /** From 1. */
  column?: number;
}

/** A text longer than this, in UTF-16 units, is refused: several times what an API server takes for one object. */
export const maxDocumentsLength = 8 * 1024 * 1024;

const kinds = documentKinds.join(", ");
const most = 1000;

const isGroup = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const ambiguous: Readonly<Record<"truth-value" | "number", (word: string) => [string, string]>> = {
  "truth-value": (word) => [
    `${word} without quotes is a truth value to kubectl`,
    `Write ${/^(y|on)/i.test(word)} for a truth value, "${word}" for a text`,
  ],
  "number": (word) => [
    `${word} without quotes is a number to kubectl`,
    `Write a decimal number without leading zeros for a number, "${word}" for a text`,
  ],
};

/**
 * Reads all documents of `text`, which came from `source` (a file name, for messages): YAML or JSON, several with
 * `---` between them, and Lists of them. What kubectl would read in another way, or refuse, is a fault rather than
 * a silent change: duplicate keys, words such as `yes` without quotes, tabs as indentation.
 */
export function parseDocuments(
  text: string,
  source: string,
): { documents: Document[]; faults: DocumentFault[] } {
  const documents: Document[] = [];
  const faults: DocumentFault[] = [];
  const fault = (
    where: { line: number; column: number } | { index: number } | undefined,
    message: string,
    remedy: string,
  ): void => {
    if (where === undefined) faults.push({ source, path: source, message, remedy });
    else if ("index" in where) {
      faults.push({ source, path: `${source}, document ${where.index}`, message, remedy });
    } else {
      const { line } = where;
      const column = Math.max(where.column, 1); // the library counts back from the line for some errors
      faults.push({ source, path: `${source}:${line}:${column}`, line, column, message, remedy });
    }
  };

  const add = (value: unknown, index: number, inList: boolean): void => {
    if (!isGroup(value)) {
      fault(
        { index },
        `found ${describeValue(value)}`,
        `Write an object with one of the kinds ${kinds}`,
      );
      return;
    }
    const { kind, items } = value;
    const known = documentKinds.find((name) => name === kind);
    if (known !== undefined) documents.push({ kind: known, value, index });
    else if (!inList && (kind === "List" || documentKinds.some((name) => kind === `${name}List`))) {
      if (Array.isArray(items)) { for (const item of items) add(item, index, true); }
      else fault({ index }, "a List without items", "Add items");
    } else if (kind === undefined || kind === null) {
      fault({ index }, "an object without kind", `Add kind: ${kinds} are accepted`);
    } else {
      fault(
        { index },
        typeof kind === "string"
          ? `an object of kind ${quoted(kind)}`
          : `kind is ${describeValue(kind)}`,
        `Leave it out: ${kinds} are accepted`,
      );
    }
  };

  if (text.length > maxDocumentsLength) {
    fault(undefined, "longer than 8 MiB", "Split the file");
    return { documents, faults };
  }
  if (!text.isWellFormed() || text.includes("\ufffd")) {
    const before = text.slice(0, text.search(/\ufffd|\p{Cs}/u)).split("\n");
    fault(
      { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 },
      "found bytes that are not UTF-8",
      "Save the file as UTF-8",
    );
    return { documents, faults };
  }

  let values: unknown[];
  const texts = new Set<string>();
  try {
    // "core" makes no dates, so that 2020-01-01 stays the text that it is to kubectl.
    const parsed = parseAll(text, { schema: "core" });
    values = plainTree(parsed, texts) as unknown[];
  } catch (error) {
    if (error instanceof YamlSyntaxError) {
      fault(error, syntaxMessage(error), "Correct the YAML there");
    } else if (error instanceof TreeError) {
      fault({ index: error.document }, error.message, error.remedy);
    } else if (error instanceof RangeError) {
      fault(
        undefined,
        "lists or groups stand too deep in each other",
        "Write it with fewer levels",
      );
    } else throw error;
    return { documents, faults };
  }

  let misread = false;
  for (const { line, column, kind, word } of plainScalars(text)) {
    if (kind === "tab") {
      misread = true;
      fault({ line, column }, "a tab is no indentation in YAML", "Indent with spaces");
    } else if (texts.has(word)) fault({ line, column }, ...ambiguous[kind](word));
    if (faults.length >= most) break;
  }
  // The parser took no notice of the tabs, so that fields may stand elsewhere than the writer sees them.
  for (const [at, value] of misread ? [] : values.entries()) {
    if (value !== null) add(value, at + 1, false);
    if (faults.length >= most) break;
  }
  if (documents.length === 0 && faults.length === 0) {
    fault(undefined, "holds no object", `Write an object with one of the kinds ${kinds}`);
  }
  return { documents, faults };
}

/** The library's message without the position and the snippet that it adds. */
function syntaxMessage(error: YamlSyntaxError): string {
  const text = error.message.split(` at line ${error.line},`)[0] ?? error.message;
  if (text.includes("duplicated key")) return "a key stands twice in the same group of fields";
  if (text.includes("unknown tag")) return text.replace("Cannot resolve ", "");
  return text;
}
