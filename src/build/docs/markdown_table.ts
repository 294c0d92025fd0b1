/** Text as it stands in a cell of a table: on one line, and without a bar that would end the cell. */
const cell = (text: string): string => text.replace(/\s+/g, " ").trim().replaceAll("|", "\\|");

/** A table of Markdown; `deno fmt` aligns it. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
