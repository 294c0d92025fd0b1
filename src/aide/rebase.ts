/** Puts the regular expression of a rule below the host's root. */

import type { LineFault } from "./line_result.ts";
import { groupAlternatives, plainStart, regexShape } from "./regex_text.ts";

/** Where the host's root stands in rules. */
export const hostRoot = "/hostroot";

/**
 * Result of `rebase`: the first `drop` characters go and `insert` comes in at `at` of the rest; or why it can't be done.
 * The same characters stand at the start of the pattern as it is written.
 */
export type Rebased = Rebase | { fault: LineFault };

/** A change at the start of a pattern. */
export interface Rebase {
  drop: number;
  at: number;
  insert: string;
}

/** Carries out what `rebase` says. */
export function applyRebase(text: string, rebased: Rebase): string {
  const rest = text.slice(rebased.drop);
  return rest.slice(0, rebased.at) + rebased.insert + rest.slice(rebased.at);
}

const ambiguous: LineFault = {
  reason: "ambiguous-root",
  message:
    `this may match ${hostRoot} itself and names beside it; write ${hostRoot}/… for the host's files`,
};

/** How the part behind `/hostroot` starts, and what follows from it. */
function behindRoot(rest: string): "below" | "everything" | "name" | "ambiguous" {
  const next = rest[0];
  if (next === undefined || next === "/" || rest === "$") return "below";
  if (/^\.[*+]/.test(rest)) return "everything";
  if (next === "(") {
    const group = groupAlternatives(rest, 0);
    const plain = group !== undefined && !/^[?*+{]/.test(rest.slice(group.end)) &&
      group.alternatives.every((alternative) => alternative.startsWith("/"));
    return plain ? "below" : "ambiguous";
  }
  // An escaped letter is a class or an assertion; any other escaped character stands for itself.
  if (next === "\\") return /^\\[^A-Za-z0-9/]/.test(rest) ? "name" : "ambiguous";
  return /[?*+{}|[\]^$)]/.test(next) ? "ambiguous" : "name";
}

/**
 * Rebases a pattern that starts with a slash, all macros written out: `/etc` becomes `/hostroot/etc`, and what is below
 * `/hostroot` stays. A pattern that could reach beside it is refused.
 */
export function rebase(regex: string): Rebased {
  const shape = regexShape(regex);
  if (shape.fault !== undefined) {
    return {
      fault: { reason: "bad-regex", message: `${shape.fault}; correct the regular expression` },
    };
  }
  if (shape.alternation) {
    const message =
      "AIDE looks up a rule by its path, so an | outside of parentheses never matches; " +
      "write one rule for each path, or /(a|b)";
    return { fault: { reason: "alternation", message } };
  }
  if (/^\/[?*+{]/.test(regex)) {
    const message = "a rule must start with a plain slash; remove the quantifier behind it";
    return { fault: { reason: "ambiguous-root", message } };
  }
  const drop = /^\/*/.exec(regex)?.[0].length ?? 1;
  const path = regex.slice(drop - 1);
  if (plainStart(path).includes("//")) {
    const message = "no path has two slashes in a row; write one";
    return { fault: { reason: "bad-regex", message } };
  }
  const prefixed: Rebase = { drop: drop - 1, at: 0, insert: hostRoot };
  if (!path.startsWith(hostRoot)) return prefixed;
  switch (behindRoot(path.slice(hostRoot.length))) {
    case "below":
      return { ...prefixed, insert: "" };
    case "everything":
      return { ...prefixed, at: hostRoot.length, insert: "/" };
    case "name":
      return prefixed;
    case "ambiguous":
      return { fault: ambiguous };
  }
}
