/** Conditions whose branches hold no statement, which AIDE from 0.17 on refuses. */

import { formatCondition, parseCondition } from "./condition.ts";
import type { ConfigLine } from "./config_line.ts";
import { parseConfigLine } from "./config_line.ts";

interface Frame {
  start: number;
  otherwise?: number;
  first: number;
  second: number;
}

/** How the conditions of a text stand to each other. */
export interface ConditionPairs {
  /** Indices of lines that open, part or close a condition without its counterpart, with what is wrong. */
  faults: { index: number; message: string }[];
}

function macroName(line: ConfigLine): string {
  return line.kind === "macro" ? line.name.text : "";
}

/** Finds conditions that don't pair. */
export function pairConditions(lines: readonly ConfigLine[]): ConditionPairs {
  const open: { index: number; otherwise: boolean }[] = [];
  const faults: ConditionPairs["faults"] = [];
  lines.forEach((line, index) => {
    const name = macroName(line);
    const top = open.at(-1);
    if (/^if(n?def|n?host)?$/.test(name)) open.push({ index, otherwise: false });
    else if (name === "else") {
      if (top === undefined) faults.push({ index, message: "this @@else has no @@if before it" });
      else if (top.otherwise) {
        faults.push({ index, message: "this condition has an @@else already" });
      } else top.otherwise = true;
    } else if (name === "endif") {
      if (open.pop() === undefined) {
        faults.push({ index, message: "this @@endif has no @@if before it" });
      }
    }
  });
  for (const { index } of open) {
    faults.push({ index, message: "this condition has no @@endif behind it" });
  }
  return { faults };
}

const comment = (text: string): string => `# taken out: ${text.trim()}`;

/** Rewrites the lines of a condition that lost statements; whether it still holds any. */
function closeFrame(lines: string[], frame: Frame, end: number): boolean {
  const replace = (index: number): void => {
    lines[index] = comment(lines[index] ?? "");
  };
  if (frame.first === 0 && frame.second === 0) {
    replace(frame.start);
    if (frame.otherwise !== undefined) replace(frame.otherwise);
    replace(end);
    return false;
  }
  if (frame.first === 0) {
    const line = parseConfigLine(lines[frame.start] ?? "");
    const condition = line.kind === "macro" ? parseCondition(line.rest.text) : undefined;
    if (condition !== undefined) {
      const nots = condition.nots > 0 ? condition.nots - 1 : 1;
      lines[frame.start] = formatCondition({ ...condition, nots });
    }
  }
  if (frame.otherwise !== undefined && (frame.first === 0 || frame.second === 0)) {
    replace(frame.otherwise);
  }
  return true;
}

/** Gives lines in which every branch holds a statement: empty ones are commented out, conditions turned round. */
export function withoutEmptyBranches(input: readonly string[]): string[] {
  const lines = [...input];
  const open: Frame[] = [];
  const count = (): void => {
    const top = open.at(-1);
    if (top === undefined) return;
    if (top.otherwise === undefined) top.first++;
    else top.second++;
  };
  lines.forEach((text, index) => {
    const line = parseConfigLine(text);
    if (line.kind === "blank" || line.kind === "comment") return;
    const name = macroName(line);
    const top = open.at(-1);
    if (name === "if") open.push({ start: index, first: 0, second: 0 });
    else if (name === "else" && top !== undefined) top.otherwise = index;
    else if (name === "endif" && top !== undefined) {
      open.pop();
      if (closeFrame(lines, top, index)) count();
    } else count();
  });
  return lines;
}
