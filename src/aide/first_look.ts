/** What a conversion must know of the whole text before its first line. */

import type { ConfigLine } from "./config_line.ts";
import type { ConversionState } from "./conversion_state.ts";
import { parseExpression } from "./expression.ts";
import { initialGroups } from "./groups.ts";
import { initialMacros } from "./macros.ts";
import { optionByName } from "./option_policy.ts";

/** Looks through the lines and gives the state before the first of them. */
export function firstLook(lines: readonly ConfigLine[]): ConversionState {
  const defined: string[] = [];
  const used = new Set<string>();
  const reports: { line: number; file: boolean }[] = [];
  let depth = 0;
  lines.forEach((line, index) => {
    if (line.kind === "macro") {
      if (line.name.text.startsWith("if")) depth++;
      if (line.name.text === "endif") depth--;
    } else if (line.kind === "rule") {
      for (const term of parseExpression(line.expression?.text ?? "") ?? []) used.add(term.name);
    } else if (line.kind === "assignment") {
      const name = line.name.text;
      const option = optionByName(name);
      if (option === undefined) defined.push(name);
      if (option === undefined || option.policy.kind === "attributes") {
        for (const term of parseExpression(line.value.text) ?? []) used.add(term.name);
      }
      if (option?.name === "report_url" && depth === 0) {
        reports.push({ line: index + 1, file: line.value.text.startsWith("file:") });
      }
    }
  });
  return {
    macros: initialMacros(),
    groups: initialGroups(defined),
    activity: "on",
    nested: false,
    ours: new Set(),
    reportLine: (reports.find((report) => report.file) ?? reports[0])?.line,
    used,
    selects: false,
  };
}
