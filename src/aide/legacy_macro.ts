/** Macros where only AIDE before 0.17 writes them out: at a line's start, and in attributes. */

import type { ConfigLine } from "./config_line.ts";
import { maxLineLength } from "./config_text.ts";
import type { Macros } from "./macros.ts";
import { macroState } from "./macros.ts";
import { optionByName } from "./option_policy.ts";

/** Offset from which macros of the line must be written out; undefined when there are none to be. */
function offset(parsed: ConfigLine): number | undefined {
  if (parsed.kind === "leading-macro") return 0;
  if (parsed.kind === "rule") {
    if (parsed.sign.text !== "" && parsed.regex.text.startsWith("@@{")) return 0;
    return parsed.expression?.text.includes("@@{") ? parsed.regex.end : undefined;
  }
  if (parsed.kind !== "assignment" || !parsed.value.text.includes("@@{")) return undefined;
  const policy = optionByName(parsed.name.text)?.policy.kind ?? "attributes";
  return policy === "attributes" ? parsed.value.start : undefined;
}

/** The line with its macros written out; the name of a macro whose value isn't certain; undefined when there are none. */
export function expandLegacyMacros(
  line: string,
  parsed: ConfigLine,
  macros: Macros,
): { text: string } | { uncertain: string } | undefined {
  const from = offset(parsed);
  if (from === undefined) return undefined;
  let uncertain: string | undefined;
  const tail = line.slice(from).replaceAll(/@@\{([A-Za-z0-9_]+)\}/g, (_, name: string) => {
    const state = macroState(macros, name);
    if (!state.certain) uncertain ??= name;
    return state.values[0] ?? "";
  });
  const text = line.slice(0, from) + tail;
  if (uncertain !== undefined) return { uncertain };
  return text.length > maxLineLength || text === line ? { uncertain: "" } : { text };
}
