/** Attribute expressions of every dialect, in the attributes that AIDE 0.18 and 0.19 share. */

import { otherAttributes, replacedHashes, sharedAttributes, sharedHashes } from "./attributes.ts";
import type { Activity } from "./condition.ts";
import type { LineChange, LineFault } from "./line_result.ts";
import type { Term } from "./expression.ts";
import { formatExpression, parseExpression } from "./expression.ts";
import type { Groups } from "./groups.ts";

/** A converted expression. `text` is the input's own where nothing changed. */
export interface ConvertedExpression {
  text: string;
  /** Whether what it stands for holds a hash. */
  hash: boolean;
  changes: LineChange[];
  faults: LineFault[];
}

interface Result extends Omit<ConvertedExpression, "text"> {
  terms: Term[];
  /** The terms that stay, by the names that they had. */
  kept: Term[];
  replaced: string[];
}

/** Whether a sequence of terms ends with a hash in it, where AIDE's group R holds the hash `ofR`. */
function leavesHash(terms: readonly Term[], groups: Groups, ofR: string): boolean {
  const hashes = new Set<string>();
  for (const { operator, name } of terms) {
    const group = groups.states.get(name);
    const isHash = group?.hash ?? (sharedHashes.has(name) || replacedHashes.has(name));
    if (!isHash) continue;
    if (operator === "+") hashes.add(name === "R" ? ofR : name);
    else if (group === undefined) hashes.delete(name);
    else hashes.clear();
  }
  return hashes.size > 0;
}

/** Whether a sequence of terms ends with a hash in it, in AIDE 0.18, where R has md5, and in 0.19, where it has sha3_256. */
function endsWithHash(terms: readonly Term[], groups: Groups): boolean {
  return leavesHash(terms, groups, "md5") && leavesHash(terms, groups, "sha3_256");
}

function convertTerm(term: Term, groups: Groups, activity: Activity, result: Result): void {
  const { operator, name } = term;
  const { terms, changes, faults } = result;
  const group = groups.states.get(name);
  if (group !== undefined && (group.activity !== "off" || activity === "off")) {
    const clean = groups.names.get(name) ?? name;
    terms.push({ operator, name: clean });
    result.kept.push(term);
    if (clean !== name) {
      changes.push({ reason: "renamed-group", message: `group ${name} is now ${clean}` });
    }
  } else if (sharedAttributes.has(name) || sharedHashes.has(name)) {
    terms.push(term);
    result.kept.push(term);
  } else if (name === "S") {
    terms.push({ operator, name: "growing" }, { operator, name: "s" });
    changes.push({ reason: "replaced-attribute", message: "S is now written growing+s" });
  } else if (otherAttributes.has(name)) {
    const message = `AIDE 0.18 has no attribute ${name}; it was left out`;
    changes.push({ reason: "replaced-attribute", message });
  } else if (replacedHashes.has(name)) {
    if (operator === "+") result.replaced.push(name);
    const message = `hash ${name} is not in every AIDE from 0.18 on`;
    changes.push({ reason: "replaced-attribute", message });
  } else {
    const message = `group or attribute ${name} is not defined` +
      (/^[a-z]{2,}$/.test(name)
        ? `; attributes are joined by +, as in p+u+g`
        : "; define it before this line");
    faults.push({ reason: "undefined-group", message });
  }
}

/**
 * Converts an expression: groups get their clean names, attributes that not both AIDE 0.18 and 0.19 know are replaced or
 * left out. An expression that held a hash holds one afterwards.
 */
export function convertExpression(
  text: string,
  groups: Groups,
  activity: Activity,
): ConvertedExpression {
  const parsed = parseExpression(text);
  if (parsed === undefined) {
    const message = `"${text}" is not an attribute expression; write names joined by + and -`;
    return { text, hash: false, changes: [], faults: [{ reason: "syntax", message }] };
  }
  const result: Result = {
    terms: [],
    kept: [],
    replaced: [],
    hash: false,
    changes: [],
    faults: [],
  };
  for (const term of parsed) convertTerm(term, groups, activity, result);
  const { terms, kept, changes, faults, replaced } = result;
  if (replaced.length > 0 && !endsWithHash(kept, groups)) {
    const strong = replaced.some((name) => replacedHashes.get(name) === "sha512");
    terms.push({ operator: "+", name: strong ? "sha512" : "sha256" });
    changes.push({
      reason: "replaced-attribute",
      message: `${strong ? "sha512" : "sha256"} stands in`,
    });
  }
  const first = terms[0];
  if (first === undefined || first.operator === "-") terms.unshift({ operator: "+", name: "E" });
  const hash = endsWithHash(parsed, groups);
  return { text: changes.length === 0 ? text : formatExpression(terms), hash, changes, faults };
}
