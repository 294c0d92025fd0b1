/** Strings of aide.conf: a backslash escapes a space, an `@` and itself; everything else stands for itself. */

/** A piece of a string: text, unescaped, or a reference to a macro. */
export type StringPart = { text: string } | { macro: string };

const reference = /^@@\{([A-Za-z0-9_]+)\}/;

/** Offset of the first white space behind `from` that no backslash escapes, or the line's end. */
export function skipString(line: string, from: number): number {
  let at = from;
  while (at < line.length && line[at] !== " " && line[at] !== "\t") {
    const next = line[at + 1];
    at += line[at] === "\\" && (next === " " || next === "@" || next === "\\") ? 2 : 1;
  }
  return at;
}

/** Takes a string apart into unescaped text and macro references; neighbouring text is one part. */
export function stringParts(text: string): StringPart[] {
  const parts: StringPart[] = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const next = text[at + 1];
    if (text[at] === "\\" && (next === " " || next === "@" || next === "\\")) {
      plain += next;
      at += 2;
      continue;
    }
    const macro = text[at] === "@" ? reference.exec(text.slice(at, at + 300))?.[1] : undefined;
    if (macro === undefined) {
      plain += text[at];
      at++;
      continue;
    }
    if (plain !== "") parts.push({ text: plain });
    plain = "";
    parts.push({ macro });
    at += macro.length + 4;
  }
  if (plain !== "") parts.push({ text: plain });
  return parts;
}

/** Writes text so that AIDE reads it back as one string. Tabs and line breaks have no escape: RangeError. */
export function escapeString(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f\x7f]/.test(text)) {
    throw new RangeError("Cannot write a control character into an AIDE configuration");
  }
  return text.replaceAll(/[\\ @]/g, "\\$&");
}
