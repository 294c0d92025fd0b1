/** Finds what YAML readers disagree about: words without quotes that kubectl doesn't take for texts, and tabs. */

/** A place in a YAML text that kubectl reads in another way than this program, or not at all. */
export interface PlainScalar {
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  kind: "truth-value" | "number" | "tab";
  /** The word as it stands there; "" for a tab. */
  word: string;
}

const truthValue = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$/;
const number = /^[-+]?0(?:o[0-7_]+|[0-9]*[89][0-9]*)$/;

// Where a plain scalar ends: before ": ", " #" and the end of the line; in a flow collection before its punctuation too.
const endInBlock = /:(?=\s|$)|\s#|$/g;
const endInFlow = /:(?=[\s,[\]{}]|$)|\s#|[,[\]{}]|$/g;
const blockHeader = /[|>][-+0-9]*[ \t]*(?:#.*)?$/y;

/** State that lasts from line to line. */
interface Scan {
  quote: "" | "'" | '"';
  depth: number;
  /** Indent of the collection that a block scalar stands in; its lines are indented deeper. Undefined outside. */
  block: number | undefined;
}

/** Index after the closing quote, or -1 when the line ends before it. */
function quoteEnd(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (quote === '"' && text[at] === "\\") at++;
    else if (text[at] === quote) {
      if (quote === "'" && text[at + 1] === "'") at++;
      else return at + 1;
    }
  }
  return -1;
}

function indexOfMatch(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

function* scanLine(text: string, line: number, scan: Scan): Generator<PlainScalar> {
  let at = 0;
  if (scan.quote !== "") {
    at = quoteEnd(text, 0, scan.quote);
    if (at < 0) return;
    scan.quote = "";
  } else {
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(text)) {
      scan.depth = 0;
      at = 3;
    }
    const tab = /^ *\t[ \t]*(?=[^\s#])/.exec(text);
    if (tab !== null && scan.depth === 0) {
      yield { line, column: text.indexOf("\t") + 1, kind: "tab", word: "" };
    }
  }
  let collection = at === 3 && /^---/.test(text) ? -1 : undefined;
  while (at < text.length) {
    const char = text[at] ?? "";
    if (/\s/.test(char)) at++;
    else if (char === "#") return;
    else if (/^[-?:](?:\s|$)/.test(text.slice(at, at + 2))) {
      if (char !== ":") collection = at;
      at++;
    } else if (char === '"' || char === "'") {
      collection ??= at;
      const start = at;
      at = quoteEnd(text, at + 1, char);
      if (at < 0) {
        scan.quote = char;
        return;
      }
      if (/^\s*:(\s|$)/.test(text.slice(at))) collection = start;
      else if (scan.depth > 0 && text[at] === ":") at++; // as JSON has it: what follows is the key's value
    } else if (char === "&" || char === "*" || char === "!") {
      const end = indexOfMatch(/\s/g, text, at);
      at = end < 0 ? text.length : end;
    } else if (/[[{]/.test(char)) {
      scan.depth++;
      at++;
    } else if (/[\]}]/.test(char)) {
      scan.depth = Math.max(0, scan.depth - 1);
      at++;
    } else if (char === "," && scan.depth > 0) at++;
    else if (scan.depth === 0 && indexOfMatch(blockHeader, text, at) === at) {
      scan.block = collection ?? -1;
      return;
    } else {
      const end = Math.max(indexOfMatch(scan.depth > 0 ? endInFlow : endInBlock, text, at), at + 1);
      const word = text.slice(at, end).trimEnd();
      if (truthValue.test(word)) yield { line, column: at + 1, kind: "truth-value", word };
      else if (number.test(word)) yield { line, column: at + 1, kind: "number", word };
      if (text[end] === ":") collection = at;
      at = end;
    }
  }
}

/**
 * The words of a YAML text that stand without quotes and are a truth value or a number to kubectl but a text here
 * (`yes`, `off`, `y`, `0o17`, `08`), and tabs that indent, which are no indentation to kubectl. Comments, quoted
 * texts and block texts are passed over. A later line of a plain text of several lines is taken for a word of its own.
 */
export function* plainScalars(text: string): Generator<PlainScalar> {
  const scan: Scan = { quote: "", depth: 0, block: undefined };
  let line = 0;
  for (const raw of text.split(/\r\n|\n|\r/)) {
    line++;
    if (scan.block !== undefined) {
      const marker = /^(?:---|\.\.\.)(?:\s|$)/.test(raw);
      const indent = raw.search(/[^ ]/);
      if (!marker && (indent < 0 || indent > scan.block)) continue;
      scan.block = undefined;
    }
    yield* scanLine(raw, line, scan);
  }
}
