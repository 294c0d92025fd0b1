/** Looks at a PCRE pattern from outside: groups, classes, alternation. It doesn't match anything. */

/** A special character of a pattern outside of classes and quotes, with the depth of groups around it. */
interface Mark {
  at: number;
  char: string;
  depth: number;
}

/** What a pattern is made of, as far as a rewrite of its start needs to know. */
export interface RegexShape {
  /** What is wrong with the pattern as a whole, if anything. */
  fault?: string;
  /** Whether a `|` stands outside of all groups. */
  alternation: boolean;
  marks: Mark[];
}

function classEnd(regex: string, at: number): number {
  let next = at + 1;
  if (regex[next] === "^") next++;
  if (regex[next] === "]") next++;
  while (next < regex.length && regex[next] !== "]") {
    if (regex[next] === "\\") next++;
    else if (regex[next] === "[") {
      next += /^\[:\^?[a-z]{1,10}:(?=\])/.exec(regex.slice(next, next + 16))?.[0].length ?? 0;
    }
    next++;
  }
  return next;
}

/** Offset behind the escape at `at`; a quoted text is one escape. */
function escapeEnd(regex: string, at: number): number {
  if (regex[at + 1] !== "Q") return at + 2;
  const end = regex.indexOf("\\E", at + 2);
  return end < 0 ? regex.length : end + 2;
}

const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})[?+]?/;

/** Finds the groups and alternations of a pattern (after AIDE's own unescaping). */
export function regexShape(regex: string): RegexShape {
  const shape: RegexShape = { alternation: false, marks: [] };
  let depth = 0;
  let repeatable = false;
  for (let at = 0; at < regex.length;) {
    const char = regex[at] ?? "";
    const repetition = /[*+?{]/.test(char) ? quantifier.exec(regex.slice(at, at + 20)) : null;
    if (repetition !== null) {
      if (!repeatable) return { ...shape, fault: `the ${char} repeats nothing` };
      repeatable = false;
      at += repetition[0].length;
      continue;
    }
    repeatable = !"(|^$".includes(char);
    if (char === "(" || char === ")" || char === "|") {
      if (char === ")") depth--;
      if (depth < 0) return { ...shape, fault: "a ) has no (" };
      shape.marks.push({ at, char, depth });
      shape.alternation ||= char === "|" && depth === 0;
      if (char === "(") depth++;
      at += char === "(" && /[?*]/.test(regex[at + 1] ?? "") ? 2 : 1;
    } else if (char === "\\") {
      if (at + 1 >= regex.length) return { ...shape, fault: "it ends in a backslash" };
      at = escapeEnd(regex, at);
    } else if (char === "[") {
      at = classEnd(regex, at) + 1;
      if (at > regex.length) return { ...shape, fault: "a [ is not closed" };
    } else at++;
  }
  return depth > 0 ? { ...shape, fault: "a ( is not closed" } : shape;
}

/**
 * The alternatives of a plain group that starts at `start`, and the offset behind it; undefined when there is none, or
 * when it is more than a plain group.
 */
export function groupAlternatives(
  regex: string,
  start: number,
): { alternatives: string[]; end: number } | undefined {
  const { marks, fault } = regexShape(regex);
  const open = marks.findIndex((mark) => mark.at === start && mark.char === "(");
  const depth = marks[open]?.depth;
  if (fault !== undefined || depth === undefined) return undefined;
  let from = start + 1;
  if (regex[from] === "?") {
    if (regex[from + 1] !== ":") return undefined;
    from += 2;
  } else if (regex[from] === "*") return undefined;
  const alternatives: string[] = [];
  for (const mark of marks.slice(open + 1)) {
    if (mark.char === "|" && mark.depth === depth + 1) {
      alternatives.push(regex.slice(from, mark.at));
      from = mark.at + 1;
    } else if (mark.char === ")" && mark.depth === depth) {
      alternatives.push(regex.slice(from, mark.at));
      return { alternatives, end: mark.at + 1 };
    }
  }
  return undefined;
}

/** The start of a pattern in which AIDE looks for the directory to file a rule under. */
export function plainStart(regex: string): string {
  return /^(?:\\.|[^(^$?*[\\])*/s.exec(regex)?.[0] ?? "";
}

/**
 * Whether AIDE can never reach a rule: it files rules under the directory that their pattern's text names up to the first
 * of `( ^ $ ? * [`, backslashes left out, and so takes `+`, `{`, `|`, `\xE9` and `\d` before that for parts of a name
 * (0.18 and 0.19, measured).
 */
export function neverReached(regex: string): boolean {
  const plain = plainStart(regex);
  const directory = plain.slice(0, Math.max(0, plain.lastIndexOf("/")));
  return /[+{|]|\\[A-Za-z0-9]/.test(directory.replaceAll(/\\[^A-Za-z0-9]/gs, "x"));
}
