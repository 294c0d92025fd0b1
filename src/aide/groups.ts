/** The groups that a configuration defines, and the names that they get. */

import { defaultGroups, isAttribute } from "./attributes.ts";
import type { Activity } from "./condition.ts";

/** What is known of a group at a line. */
export interface GroupState {
  /** Whether it is defined on every machine, on some, or only under a condition that never holds. */
  activity: Activity;
  /** Whether it holds a hash. */
  hash: boolean;
}

/** Groups by the name that the user gave them. */
export interface Groups {
  names: ReadonlyMap<string, string>;
  states: Map<string, GroupState>;
}

// AIDE warns of `_` and `%`, and 0.18 takes a name of small letters for an option.
const cleanName = /^(?=.*[A-Z0-9])[A-Za-z0-9]+$/;

function cleaned(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9]/g, "") || "Group";
  return cleanName.test(letters) ? letters : letters.charAt(0).toUpperCase() + letters.slice(1);
}

/** Gives every group that the text defines a name that AIDE 0.18 and 0.19 take without a warning, no two the same. */
export function groupNames(defined: Iterable<string>): Map<string, string> {
  const all = new Set(defined);
  const names = new Map<string, string>();
  const used = new Set<string>();
  for (const name of all) {
    if (!cleanName.test(name)) continue;
    names.set(name, name);
    used.add(name);
  }
  for (const name of all) {
    if (names.has(name)) continue;
    const base = cleaned(name);
    let candidate = base;
    for (let count = 2; used.has(candidate) || isPredefined(candidate); count++) {
      candidate = `${base}${count}`;
    }
    names.set(name, candidate);
    used.add(candidate);
  }
  return names;
}

/** Whether AIDE itself defines the name, as an attribute or as a group. */
export function isPredefined(name: string): boolean {
  return isAttribute(name) || defaultGroups.has(name);
}

/** The groups before the first line. */
export function initialGroups(defined: Iterable<string>): Groups {
  const states = new Map<string, GroupState>();
  for (const [name, hash] of defaultGroups) states.set(name, { activity: "on", hash });
  return { names: groupNames(defined), states };
}

/** Takes a definition in. Under a condition, what held before may still hold. */
export function defineGroup(groups: Groups, name: string, hash: boolean, activity: Activity): void {
  const before = groups.states.get(name);
  if (before === undefined || activity === "on") {
    groups.states.set(name, { activity, hash });
  } else if (before.activity === "off") {
    groups.states.set(name, { activity, hash });
  } else if (activity === "maybe") {
    groups.states.set(name, { activity: before.activity, hash: before.hash && hash });
  }
}
