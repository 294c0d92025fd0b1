/** Conditions of `@@if`, in the form that AIDE 0.18 and 0.19 share. */

import type { Macros } from "./macros.ts";

/** Whether lines are in effect: on every machine, on some, on none. */
export type Activity = "on" | "maybe" | "off";

/** A condition: `argument` stands behind the last word of `operator`. */
export interface Condition {
  nots: number;
  operator: "defined" | "hostname" | "exists";
  argument: string;
}

const oldForms: ReadonlyMap<string, string> = new Map([
  ["ifdef", "defined"],
  ["ifndef", "not defined"],
  ["ifhost", "hostname"],
  ["ifnhost", "not hostname"],
]);

/** What the expression of `@@ifdef` and its relatives is in `@@if`; undefined for other macros. */
export function modernCondition(macro: string, argument: string): string | undefined {
  const form = oldForms.get(macro);
  return form === undefined ? undefined : `${form} ${argument}`;
}

/** Reads the expression behind `@@if`; undefined when AIDE 0.18 or 0.19 doesn't take it. */
export function parseCondition(expression: string): Condition | undefined {
  const words = expression.split(/[ \t]+/);
  let nots = 0;
  while (words[nots] === "not") nots++;
  const [operator, argument, ...rest] = words.slice(nots);
  if (operator !== "defined" && operator !== "hostname" && operator !== "exists") return undefined;
  if (argument === undefined || argument === "" || rest.length > 0) return undefined;
  if (operator === "defined" && !/^[A-Za-z0-9_]+$/.test(argument)) return undefined;
  return { nots, operator, argument };
}

/** Writes a condition as a line. */
export function formatCondition({ nots, operator, argument }: Condition): string {
  return `@@if ${"not ".repeat(nots)}${operator} ${argument}`;
}

/** Whether a condition holds: only `defined` can be known before AIDE runs. */
export function evaluateCondition(condition: Condition, macros: Macros): Activity {
  if (condition.operator !== "defined") return "maybe";
  const state = macros.get(condition.argument);
  if (state !== undefined && !state.certain && state.values.length > 0) return "maybe";
  if (state !== undefined && condition.argument === "AIDE_VERSION") return "maybe"; // not in 0.18
  return (state !== undefined) === (condition.nots % 2 === 0) ? "on" : "off";
}

/** Activity of the other branch. */
export function otherwise(activity: Activity): Activity {
  return activity === "maybe" ? "maybe" : activity === "on" ? "off" : "on";
}

/** Activity of a branch inside of another. */
export function within(outer: Activity, inner: Activity): Activity {
  if (outer === "off" || inner === "off") return "off";
  return outer === "maybe" ? "maybe" : inner;
}
