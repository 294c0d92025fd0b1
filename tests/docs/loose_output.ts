/** Compares what a command says with what a document shows of it. */

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");

// What is another one each time, and the pattern for any of its kind.
const volatile: readonly [RegExp, string][] = [
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`],
  [/^sha256:[0-9a-f…]+/, "sha256:[0-9a-f]{64}"],
  [/^(\d+[dhms]){1,2}(?![\w.])/, String.raw`(\d+[dhms]){1,2}`], // an age
  [/^\d{2,}(?![\w.])/, String.raw`\d+`], // a size; a single digit is meant as it is
  [/^…/, ".*"],
];

/** A pattern for one word of a line. */
function wordPattern(word: string): string {
  let pattern = "";
  let inWord = false;
  for (let rest = word; rest !== "";) {
    const [found, any] = volatile
      .map(([of, any]): [string | undefined, string] => [of.exec(rest)?.[0], any])
      .find(([found]) => found !== undefined) ?? [];
    if (found !== undefined && any !== undefined && (!inWord || found.startsWith("…"))) {
      pattern += any;
      rest = rest.slice(found.length);
      inWord = false;
    } else {
      pattern += escaped(rest.charAt(0));
      inWord = /[\w.-]/.test(rest.charAt(0));
      rest = rest.slice(1);
    }
  }
  return pattern;
}

/** A pattern for a line: the width of gaps does not count. */
const linePattern = (line: string): RegExp =>
  new RegExp(`^${line.trim().split(/\s+/).map(wordPattern).join("\\s+")}$`);

const lines = (text: string): string[] =>
  text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

/**
 * The first line that a document shows and an output has not; undefined where it has all of them, in that order, and
 * nothing between them but where the document has a line "…".
 */
export function missingLine(shown: readonly string[], output: string): string | undefined {
  const said = lines(output);
  let at = 0;
  let gap = false;
  for (const line of lines(shown.join("\n"))) {
    if (line === "…") {
      gap = true;
      continue;
    }
    const pattern = linePattern(line);
    while (gap && at < said.length && !pattern.test(said[at] ?? "")) at++;
    if (!pattern.test(said[at] ?? "")) return line;
    at++;
    gap = false;
  }
  return gap || at === said.length ? undefined : `the end, in place of: ${said[at]}`;
}
