/** Options and groups. */

import type { AssignmentLine } from "./config_line.ts";
import { isAttribute, sharedHashes } from "./attributes.ts";
import { skipString } from "./config_string.ts";
import type { ConversionState } from "./conversion_state.ts";
import { convertExpression } from "./convert_expression.ts";
import { parseExpression } from "./expression.ts";
import { defineGroup } from "./groups.ts";
import type { LineResult } from "./line_result.ts";
import { changed, refused, takenOut, unchanged } from "./line_result.ts";
import { expandMacros } from "./macros.ts";
import type { Option } from "./option_policy.ts";
import { optionByName } from "./option_policy.ts";
import { attributeAdvice } from "./rule_advice.ts";
import { convertSpecialOption } from "./special_option.ts";

/** The line with its name and value replaced, and a comment behind a group or an expression gone. */
function rewritten(line: string, parsed: AssignmentLine, name: string, value: string): string {
  return line.slice(0, parsed.name.start) + name +
    line.slice(parsed.name.end, parsed.value.start) + value;
}

function convertAttributes(
  line: string,
  parsed: AssignmentLine,
  name: string,
  hashesOnly: boolean,
  state: ConversionState,
): LineResult {
  const { text, changes, faults } = convertExpression(
    parsed.value.text,
    state.groups,
    state.activity,
  );
  if (hashesOnly) {
    const wrong = parseExpression(text)?.find((term) =>
      !sharedHashes.has(term.name) && term.name !== "H" && term.name !== "E" &&
      !state.groups.states.has(term.name)
    );
    if (wrong !== undefined && faults.length === 0) {
      faults.push({
        reason: "bad-value",
        message: `${name} takes hashes only; remove ${wrong.name}`,
      });
    }
  }
  if (name !== parsed.name.text) {
    changes.push({ reason: "renamed-option", message: `${parsed.name.text} is now ${name}` });
  }
  if (parsed.comment !== undefined) {
    changes.push({
      reason: "trailing-comment",
      message: "AIDE takes no comment behind attributes",
    });
  }
  const result = changes.length === 0 ? line : rewritten(line, parsed, name, text);
  return { text: result, changes, faults, advice: [] };
}

function convertOurs(
  line: string,
  number: number,
  option: Option & { policy: { kind: "ours" } },
  state: ConversionState,
): LineResult {
  const { policy, name } = option;
  const isReport = name === "report_url";
  const macro = isReport ? "LOGDIR" : "DBDIR";
  const stays = !state.nested && !state.ours.has(name) && state.ours.has(macro) &&
    (!isReport || number === state.reportLine);
  if (!stays) return takenOut(line, policy.reason, policy.why);
  state.ours.add(name);
  return line === policy.line ? unchanged(line) : changed(policy.line, policy.reason, policy.why);
}

function convertOption(
  line: string,
  number: number,
  parsed: AssignmentLine,
  option: Option,
  state: ConversionState,
): LineResult {
  const { policy, name } = option;
  if (policy.kind === "ours") return convertOurs(line, number, { name, policy }, state);
  if (policy.kind === "remove") return takenOut(line, policy.reason, policy.why);
  if (policy.kind === "attributes") {
    return convertAttributes(line, parsed, name, policy.hashesOnly, state);
  }
  const value = parsed.value.text;
  if (value === "") return refused(line, "bad-value", `${name} has no value; remove the line`);
  if (skipString(value, 0) < value.length) {
    return refused(
      line,
      "syntax",
      `${name} takes one word; write a space in it as a backslash and a space`,
    );
  }
  const expansion = expandMacros(value, state.macros);
  const text = "text" in expansion ? expansion.text : undefined;
  if (policy.kind === "special") return convertSpecialOption(line, { name, value: text, parsed });
  if (policy.kind === "text") return unchanged(line);
  if (policy.kind === "flag" && !/^(yes|true|no|false)$/.test(text ?? "")) {
    return refused(line, "bad-value", `${name} is yes, true, no or false`);
  }
  if (policy.kind === "fixed") {
    const valid = name === "report_format" ? /^(plain|json)$/ : /^(yes|true|no|false)$/;
    if (!valid.test(text ?? "")) {
      return refused(line, "bad-value", `${value} is not a value of ${name}`);
    }
    if (!policy.values.includes(text ?? "")) return takenOut(line, policy.reason, policy.why);
    if (name === "gzip_dbout" && state.nested) return takenOut(line, policy.reason, policy.why);
    if (name === "gzip_dbout") state.ours.add(name);
  }
  if (name === parsed.name.text) return unchanged(line);
  const message = `${parsed.name.text} is now ${name}`;
  return changed(rewritten(line, parsed, name, value), "renamed-option", message);
}

function convertGroup(line: string, parsed: AssignmentLine, state: ConversionState): LineResult {
  const name = parsed.name.text;
  const converted = convertExpression(parsed.value.text, state.groups, state.activity);
  const small = /^[a-z_]+$/.test(name);
  // AIDE 0.19 takes a mistyped option for a group; a group has attributes, and somebody uses it.
  if (small && !isAttribute(name) && (converted.faults.length > 0 || !state.used.has(name))) {
    return refused(
      line,
      "unknown-option",
      `AIDE has no option ${name}; correct or remove the line`,
    );
  }
  if (isAttribute(name)) {
    const message = `${name} is an attribute of AIDE; give the group another name`;
    return refused(line, "redefined-attribute", message);
  }
  defineGroup(state.groups, name, converted.hash, state.activity);
  const clean = state.groups.names.get(name) ?? name;
  const { changes, faults } = converted;
  if (clean !== name) {
    changes.unshift({ reason: "renamed-group", message: `group ${name} is now ${clean}` });
  }
  if (parsed.comment !== undefined) {
    changes.push({ reason: "trailing-comment", message: "AIDE takes no comment behind a group" });
  }
  const text = changes.length === 0 ? line : rewritten(line, parsed, clean, converted.text);
  return { text, changes, faults, advice: attributeAdvice(parsed.value.text) };
}

/** Converts an option or a group. */
export function convertAssignment(
  line: string,
  number: number,
  parsed: AssignmentLine,
  state: ConversionState,
): LineResult {
  const option = optionByName(parsed.name.text);
  return option === undefined
    ? convertGroup(line, parsed, state)
    : convertOption(line, number, parsed, option, state);
}
