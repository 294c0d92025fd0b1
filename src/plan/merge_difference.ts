/** The difference between an object as it is and as it should be, as a merge patch (RFC 7386). */

type Group = Readonly<Record<string, unknown>>;

const isGroup = (value: unknown): value is Group =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** Whether two values mean the same to the API server: a field without a value is as good as none. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, at) => sameValue(item, b[at]));
  }
  if (isGroup(a) && isGroup(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])]
      .every((key) => sameValue(a[key], b[key]));
  }
  return isNothing(a) ? isNothing(b) : a === b;
}

/**
 * The patch that makes `wanted` out of `live`, field by field; undefined where nothing is to be done. `wanted` is the
 * whole of it: what `live` has beyond that is removed. Lists are replaced as a whole.
 */
export function mergeDifference(live: Group, wanted: Group): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(live), ...Object.keys(wanted)])) {
    const [before, after] = [live[key], wanted[key]];
    if (sameValue(before, after)) continue;
    if (isNothing(after)) patch[key] = null;
    else if (isGroup(before) && isGroup(after)) patch[key] = mergeDifference(before, after);
    else patch[key] = after;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** The patch that gives `live` the fields of `wanted` and leaves all others as they are; undefined where it has them. */
export function mergeAddition(live: Group, wanted: Group): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const [key, after] of Object.entries(wanted)) {
    const before = live[key];
    if (sameValue(before, after)) continue;
    const inner = isGroup(before) && isGroup(after) ? mergeAddition(before, after) : undefined;
    if (inner !== undefined) patch[key] = inner;
    else if (!(isGroup(before) && isGroup(after))) patch[key] = after ?? null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
