/** Pieces of a line, with where they stand. */

/** A piece of a line: `text` stands at `start` up to `end` (UTF-16 offsets). */
export interface Span {
  text: string;
  start: number;
  end: number;
}

/** The part of a text between two offsets. */
export function span(text: string, start: number, end: number): Span {
  return { text: text.slice(start, end), start, end };
}

/** Narrows a part of a text to what stands between the spaces around it. */
export function trimmed(text: string, start: number, end: number): Span {
  while (start < end && isBlank(text[start])) start++;
  while (end > start && isBlank(text[end - 1])) end--;
  return span(text, start, end);
}

/** Whether AIDE takes the character for white space. */
export function isBlank(char: string | undefined): boolean {
  return char === " " || char === "\t";
}
