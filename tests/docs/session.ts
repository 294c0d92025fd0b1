/** What a block has a user type, and what it shows of the answers. */

import type { Block } from "./document.ts";

/** A command of a block, with the lines that the block shows of its output. */
export interface DocumentedCommand {
  command: string;
  /** Empty where nothing is shown: then it may say what it likes. */
  shown: string[];
}

/** Something typed by hand that is in no command: "   # and so on". */
const remark = /\s{2,}# .*$/;

/** The commands of a block of `console` (lines that begin with "$ ") or `sh` (the whole). */
export function sessionOf(
  { language, text }: Pick<Block, "language" | "text">,
): DocumentedCommand[] {
  if (language === "sh") return [{ command: text, shown: [] }];
  const commands: DocumentedCommand[] = [];
  for (const line of text.trimEnd().split("\n")) {
    if (line.startsWith("$ ")) {
      commands.push({ command: line.slice(2).replace(remark, ""), shown: [] });
    } else {
      const last = commands.at(-1);
      if (last === undefined) throw new TypeError(`Nothing says this: ${line}`);
      if (/\\$/.test(last.command)) last.command += `\n${line}`;
      else last.shown.push(line);
    }
  }
  return commands;
}
