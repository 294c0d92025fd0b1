/** Results of benchmarks as tables: for people, and as JSON. */

/** A column: its heading, and how many digits its numbers have behind the point (0 where not given). */
export interface Column {
  name: string;
  digits?: number;
}

/** One table. Cells are in the order of the columns; null is a figure that could not be taken. */
export interface Table {
  title: string;
  columns: Column[];
  rows: (string | number | null)[][];
  /** What a reader must know to judge the figures. */
  notes: string[];
}

function cellText(value: string | number | null | undefined, column: Column): string {
  if (typeof value === "number") return value.toFixed(column.digits ?? 0);
  return value ?? "-";
}

/** A table as text: texts to the left, numbers to the right. */
export function tableText({ title, columns, rows, notes }: Table): string {
  const cells = rows.map((row) => columns.map((column, at) => cellText(row[at], column)));
  const widths = columns.map(({ name }, at) =>
    Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0))
  );
  const numeric = columns.map((_, at) => rows.some((row) => typeof row[at] === "number"));
  const line = (texts: readonly string[]): string =>
    texts.map((text, at) =>
      numeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)
    ).join("  ").trimEnd();
  return [
    `## ${title}`,
    "",
    line(columns.map(({ name }) => name)),
    line(widths.map((width) => "-".repeat(width))),
    ...cells.map(line),
    "",
    ...notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}

/** A table for JSON: its rows as objects with the columns' names as keys. */
export function tableObject({ title, columns, rows, notes }: Table): Record<string, unknown> {
  return {
    title,
    rows: rows.map((row) =>
      Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null]))
    ),
    notes,
  };
}

/** The middle of some numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low = NaN, high = NaN] = [sorted[Math.max(half - 1, 0)], sorted[half]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
