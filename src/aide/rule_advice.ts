/** What a rule does that its author may not expect. */

import type { RuleLine } from "./config_line.ts";
import type { LineAdvice } from "./line_result.ts";
import { neverReached } from "./regex_text.ts";

/** A plain path, nothing behind it: what is meant is that path, what is left out is every name that starts so. */
const plainEnd = /[A-Za-z0-9_-]$/;

/** Looks at a rule whose pattern is rebased, all macros written out. */
export function ruleAdvice(rule: RuleLine, regex: string): LineAdvice[] {
  const advice: LineAdvice[] = [];
  const excludes = rule.sign.text === "!" || rule.sign.text === "-";
  if (excludes && plainEnd.test(regex) && !/[*+?{}()|[\]]/.test(regex)) {
    advice.push({
      reason: "unanchored-exclude",
      message:
        `this also leaves out every sibling whose name goes on behind it, as ${regex}-other; ` +
        `end it with $ to leave out only ${regex} and all below it`,
    });
  }
  if (neverReached(regex)) {
    advice.push({
      reason: "never-matches",
      message:
        "AIDE never reaches this rule, since it takes + { | and escapes before the last slash for parts of a name; " +
        "put them in parentheses, as in /home/(.+)/x",
    });
  }
  if (/%[0-9A-Fa-f]{2}/.test(regex)) {
    advice.push({
      reason: "percent-escape",
      message:
        "AIDE from 0.17 on takes a percent sign for itself; write a space as a backslash and a space",
    });
  }
  return [...advice, ...attributeAdvice(rule.expression?.text ?? "")];
}

/** Looks at an attribute expression. */
export function attributeAdvice(expression: string): LineAdvice[] {
  if (!/\b(ANF|ARF)\b/.test(expression)) return [];
  const message = "with ANF new files, and with ARF removed ones, are not reported";
  return [{ reason: "hides-new-or-removed", message }];
}
