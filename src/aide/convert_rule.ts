/** Rules: rebased, in attributes and forms that AIDE 0.18 and 0.19 share. */

import type { RuleLine } from "./config_line.ts";
import type { Span } from "./span.ts";
import { escapeString, stringParts } from "./config_string.ts";
import type { ConversionState } from "./conversion_state.ts";
import { convertExpression } from "./convert_expression.ts";
import type { LineChange, LineFault, LineResult } from "./line_result.ts";
import type { Macros } from "./macros.ts";
import { expandMacros, macroState, ourMacros } from "./macros.ts";
import { applyRebase, hostRoot, rebase } from "./rebase.ts";
import { ruleAdvice } from "./rule_advice.ts";
import { regexShape } from "./regex_text.ts";

interface Edit {
  span: Span;
  text: string;
}

function applyEdits(line: string, edits: readonly Edit[]): string {
  let text = line;
  for (const edit of [...edits].sort((a, b) => b.span.start - a.span.start)) {
    text = text.slice(0, edit.span.start) + edit.text + text.slice(edit.span.end);
  }
  return text;
}

/** Whether the text before the first macro says whether the rule is below the host's root. */
function prefixIsSettled(written: string): boolean {
  const [first] = stringParts(written);
  return first !== undefined && "text" in first && /^\/[^/(\\|[?*+{]+\//.test(first.text);
}

/** Why macros whose value isn't certain can't stand in a rule; undefined when all is well. */
function macroFault(written: string, macros: Macros): LineFault | undefined {
  for (const part of stringParts(written)) {
    if (!("macro" in part)) continue;
    const state = macroState(macros, part.macro);
    const harmful = state.values.some((value) => {
      const shape = regexShape(value);
      return shape.fault !== undefined || shape.alternation;
    });
    const unknown = state.open && part.macro !== "HOSTNAME";
    if (harmful || unknown) {
      const message = `macro ${part.macro} may have different values on different machines, ` +
        "and not every one can stand here; write the value out";
      return { reason: "unresolved-macro", message };
    }
  }
  return undefined;
}

/** The regular expression of the rule as it is to be written, rebased. */
function convertRegex(
  written: string,
  macros: Macros,
): { text: string; regex: string; changes: LineChange[] } | LineFault {
  const expansion = expandMacros(written, macros);
  const hasMacros = stringParts(written).some((part) => "macro" in part);
  const needed = hasMacros && (expansion.ours || !prefixIsSettled(written));
  if ("uncertain" in expansion) {
    if (needed || ourMacros.has(expansion.uncertain)) {
      const message =
        `macro ${expansion.uncertain} decides where this rule is, and its value is not certain here; ` +
        "define it above, outside of conditions, or write the path out";
      return { reason: "unresolved-macro", message };
    }
    const fault = macroFault(written, macros);
    if (fault !== undefined) return fault;
  }
  // A macro that isn't certain stands for itself while the text around it is looked at.
  const regex = "text" in expansion
    ? expansion.text
    : stringParts(written).map((part) => "text" in part ? part.text : "x").join("");
  if (!regex.startsWith("/")) {
    return { reason: "syntax", message: "a rule must start with a slash behind its sign" };
  }
  const rebased = rebase(regex);
  if ("fault" in rebased) return rebased.fault;
  const below = applyRebase(regex, rebased);
  const changes: LineChange[] = below === regex ? [] : [rebasedChange];
  if (!needed) return { text: applyRebase(written, rebased), regex: below, changes };
  const message = "the macros' values are written out, since they decide where the rule is";
  return {
    text: escapeString(below),
    regex: below,
    changes: [{ reason: "expanded-macro", message }, ...changes],
  };
}

const rebasedChange: LineChange = {
  reason: "rebased",
  message: `the host's files are below ${hostRoot}`,
};

/** File types of the restriction, checked; AIDE 0.19 refuses the 0 beside others, which 0.18 ignores. */
function convertFileTypes(span: Span): Edit | LineFault | undefined {
  const types = span.text.split(",").map((type) => type.trim());
  const wrong = types.find((type) => !/^[fdlcbps0]$/.test(type));
  if (wrong !== undefined) {
    const message = `${wrong} is not a file type; use f, d, l, c, b, p, s, joined by commas`;
    return { reason: "unknown-file-type", message };
  }
  if (types.length === 1 || !types.includes("0")) return undefined;
  return { span, text: types.filter((type) => type !== "0").join(",") || "0" };
}

/** The sign, and what is wrong with it: `-` stands for what `!` does in AIDE 0.18. */
function convertSign(rule: RuleLine): Edit | LineFault | undefined {
  if (rule.sign.text !== "-") return undefined;
  const types = rule.fileTypes?.text ?? "0";
  if (types.includes("d")) {
    const message =
      "AIDE 0.18 can't leave out only directories with all below them; remove the file types";
    return { reason: "unknown-file-type", message };
  }
  return { span: rule.sign, text: "!" };
}

/** Attributes that AIDE 0.15 let stand behind an excluding rule, and ignored. */
function staleExpression(line: string, rule: RuleLine): Span | undefined {
  if (rule.sign.text !== "!" && rule.sign.text !== "-") return undefined;
  const last = rule.expression;
  if (last === undefined) return undefined;
  if (rule.fileTypes === undefined && /^[fdlcbps0]$/.test(last.text)) return undefined; // file type
  let start = last.start;
  while (line[start - 1] === " " || line[start - 1] === "\t") start--;
  return { text: line.slice(start, last.end), start, end: last.end };
}

/** Converts a rule. */
export function convertRule(line: string, rule: RuleLine, state: ConversionState): LineResult {
  const changes: LineChange[] = [];
  const faults: LineFault[] = [];
  const edits: Edit[] = [];
  const take = (edit: Edit | LineFault | undefined, change: LineChange): void => {
    if (edit === undefined) return;
    if ("reason" in edit) faults.push(edit);
    else {
      edits.push(edit);
      changes.push(change);
    }
  };
  const converted = convertRegex(rule.regex.text, state.macros);
  if ("reason" in converted) faults.push(converted);
  else if (converted.changes.length > 0) {
    edits.push({ span: rule.regex, text: converted.text });
    changes.push(...converted.changes);
  }
  const negative = rule.sign.text === "!" || rule.sign.text === "-";
  take(convertSign(rule), {
    reason: "pruning-exclude",
    message:
      "an exclude leaves out everything below it, as in AIDE 0.18; the scanner writes it for its AIDE",
  });
  if (rule.fsType !== undefined) {
    const message =
      "AIDE 0.18 can't restrict a rule to a file system type; name the mounted path instead";
    faults.push({ reason: "file-system-type", message });
  }
  if (rule.fileTypes !== undefined) {
    take(convertFileTypes(rule.fileTypes), {
      reason: "syntax",
      message: "0 stands alone in AIDE 0.19",
    });
  }
  const stale = staleExpression(line, rule);
  take(stale === undefined ? undefined : { span: stale, text: "" }, {
    reason: "syntax",
    message: "an excluding rule has no attributes",
  });
  if (!negative && rule.expression === undefined) {
    faults.push({
      reason: "syntax",
      message: "the rule has no attributes; add attributes, as in /etc R+sha512",
    });
  } else if (!negative && rule.expression !== undefined) {
    const expression = convertExpression(rule.expression.text, state.groups, state.activity);
    faults.push(...expression.faults);
    changes.push(...expression.changes);
    if (expression.changes.length > 0) edits.push({ span: rule.expression, text: expression.text });
  }
  if (rule.comment !== undefined) {
    let start = rule.comment.start;
    while (line[start - 1] === " " || line[start - 1] === "\t") start--;
    edits.push({ span: { ...rule.comment, start }, text: "" });
    changes.push({ reason: "trailing-comment", message: "AIDE takes no comment behind a rule" });
  }
  if (state.activity !== "off" && !negative) state.selects = true;
  const advice = "regex" in converted ? ruleAdvice(rule, converted.regex) : [];
  return { text: applyEdits(line, edits), changes, faults, advice };
}
