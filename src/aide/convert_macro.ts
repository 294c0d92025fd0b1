/** Macro lines other than the conditions' ends. */

import type { MacroLine } from "./config_line.ts";
import type { Condition } from "./condition.ts";
import { formatCondition, modernCondition, parseCondition } from "./condition.ts";
import { skipString } from "./config_string.ts";
import type { ConversionState } from "./conversion_state.ts";
import type { LineResult } from "./line_result.ts";
import { changed, refused, takenOut, unchanged } from "./line_result.ts";
import { defineMacro, expandMacros, maxMacroValue, ourMacros, undefineMacro } from "./macros.ts";
import { ourLines } from "./option_policy.ts";
import { hostRoot } from "./rebase.ts";

function convertDefine(line: string, parsed: MacroLine, state: ConversionState): LineResult {
  const match = /^([A-Za-z0-9_]+)(?:[ \t]+(.*))?$/.exec(parsed.rest.text);
  if (match === null) return refused(line, "syntax", "a definition is @@define NAME value");
  const [, name = "", value = ""] = match;
  if (skipString(value, 0) < value.length) {
    const message = "a macro's value is one word; write a space in it as a backslash and a space";
    return refused(line, "syntax", message);
  }
  const expansion = expandMacros(value, state.macros);
  if (value.length > maxMacroValue) {
    return refused(
      line,
      "line-too-long",
      `a macro's value has at most ${maxMacroValue} characters`,
    );
  }
  if ("text" in expansion || state.activity !== "off") {
    if (state.activity !== "off") defineMacro(state.macros, name, value, state.activity === "on");
  }
  if (!ourMacros.has(name)) return unchanged(line);
  const why = "the operator keeps its files in its own directory";
  if (state.nested) return takenOut(line, "our-database", why);
  state.ours.add(name);
  const ours = name === "DBDIR" ? ourLines.DBDIR : ourLines.LOGDIR;
  return line === ours ? unchanged(line) : changed(ours, "our-database", why);
}

function convertUndefine(line: string, parsed: MacroLine, state: ConversionState): LineResult {
  const name = parsed.rest.text;
  if (!/^[A-Za-z0-9_]+$/.test(name)) return refused(line, "syntax", "write @@undef NAME");
  if (state.activity !== "off") undefineMacro(state.macros, name, state.activity === "on");
  if (!ourMacros.has(name)) return unchanged(line);
  return takenOut(line, "our-database", "the operator keeps its files in its own directory");
}

/** Result for `@@if` and its old forms: the line, and the condition where there is one. */
export interface ConvertedIf {
  result: LineResult;
  condition: Condition | undefined;
}

/** Converts `@@if`, `@@ifdef`, `@@ifndef`, `@@ifhost`, `@@ifnhost`. */
export function convertIf(line: string, parsed: MacroLine, state: ConversionState): ConvertedIf {
  const modern = modernCondition(parsed.name.text, parsed.rest.text);
  const condition = parseCondition(modern ?? parsed.rest.text);
  if (condition === undefined) {
    const message =
      "AIDE 0.18 and 0.19 share only [not] defined NAME, hostname NAME and exists PATH";
    return { result: refused(line, "unsupported-condition", message), condition };
  }
  const result: LineResult = modern === undefined
    ? unchanged(line)
    : changed(formatCondition(condition), "renamed-macro", `@@${parsed.name.text} is now @@if`);
  if (condition.operator === "hostname") {
    const message = "the name is compared with that of the machine or pod that AIDE runs in";
    result.advice.push({ reason: "host-name", message });
  }
  if (condition.operator === "exists") {
    const path = expandMacros(condition.argument, state.macros);
    const text = "text" in path ? path.text : "";
    if (!text.startsWith("/")) {
      return {
        result: refused(line, "unresolved-macro", "write out the whole path behind exists"),
        condition,
      };
    }
    if (text !== hostRoot && !text.startsWith(`${hostRoot}/`)) {
      const macro = condition.argument.startsWith("@@{") || path.ours;
      if (macro) {
        return {
          result: refused(line, "unresolved-macro", "write out the path behind exists"),
          condition,
        };
      }
      condition.argument = hostRoot + condition.argument;
      result.text = formatCondition(condition);
      result.changes.push({ reason: "rebased", message: `the host's files are below ${hostRoot}` });
    }
  }
  return { result, condition };
}

/** Converts a macro line that is no condition. */
export function convertMacro(line: string, parsed: MacroLine, state: ConversionState): LineResult {
  switch (parsed.name.text) {
    case "define":
      return convertDefine(line, parsed, state);
    case "undef":
      return convertUndefine(line, parsed, state);
    case "include":
      return refused(
        line,
        "include",
        "nothing outside of this configuration is read; put the file's lines here",
      );
    case "x_include":
    case "x_include_setenv":
      return refused(
        line,
        "include",
        "no program is run to make a configuration; put its output here",
      );
    case "begin_config":
    case "end_config":
      return takenOut(line, "removed-option", "AIDE no longer signs configurations");
    default:
      return refused(
        line,
        "unknown-macro",
        `AIDE has no macro @@${parsed.name.text}; remove the line`,
      );
  }
}
