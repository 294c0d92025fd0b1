/** Finds the field that a misspelt or misplaced one was meant to be. */

import type { TSchema } from "typebox";
import { childPath } from "./fault.ts";

interface Node {
  properties?: Record<string, TSchema>;
  items?: TSchema;
}

/** Levenshtein distance, given up (Infinity) when the lengths alone differ by more than 3. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, x] of [...a].entries()) {
    let diagonal = row[0] ?? 0;
    const next = [i + 1];
    for (const [j, y] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, diagonal + (x === y ? 0 : 1)));
      diagonal = row[j + 1] ?? 0;
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}

// Two, for swapped letters; fewer where two make another word, more where a word is long.
const allowance = ({ length }: string): number => length < 4 ? 1 : length < 10 ? 2 : 3;

function places(schema: TSchema, name: string, path: string): string[] {
  const { properties = {}, items } = schema as Node;
  const found = Object.keys(properties)
    .filter((key) => key.toLowerCase() === name.toLowerCase())
    .map((key) => childPath(path, key));
  for (const [key, child] of Object.entries(properties)) {
    if (key !== "metadata" && key !== "status") {
      found.push(...places(child, name, childPath(path, key)));
    }
  }
  return items === undefined ? found : [...found, ...places(items, name, `${path}[]`)];
}

/**
 * The path of the field that `name`, found under `path`, was probably meant to be: a field beside it whose name is
 * near, else one of the same name elsewhere under `root`; undefined when there is none.
 */
export function nearestField(
  root: TSchema,
  siblings: readonly string[],
  name: string,
  path: string,
): string | undefined {
  const lower = name.toLowerCase();
  const near = siblings
    .map((key) => ({ key, far: distance(lower, key.toLowerCase()) }))
    .filter(({ key, far }) => far <= allowance(key))
    .sort((a, b) => a.far - b.far)[0];
  return near === undefined ? places(root, name, "")[0] : childPath(path, near.key);
}
