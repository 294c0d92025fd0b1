import fc from "fast-check";

/** Every way to edit one thing in a JSON value: another value, a field gone, a field too many. */
export const edits = fc.record({
  at: fc.nat(),
  how: fc.constantFrom("change", "remove", "add"),
});

function paths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, child]) =>
      paths(child, [...path, Array.isArray(value) ? Number(key) : key])
    ),
  ].filter((one) => one.length > 0);
}

/** A copy of the value with that edit, wherever it comes to lie. */
export function edited<T>(value: T, { at, how }: { at: number; how: string }): T {
  const all = paths(value);
  const path = all[at % all.length] ?? [];
  const copy = structuredClone(value);
  // deno-lint-ignore no-explicit-any
  let parent: any = copy;
  for (const key of path.slice(0, -1)) parent = parent[key];
  const key = path.at(-1) ?? "";
  if (how === "add" && typeof parent[key] === "object" && !Array.isArray(parent[key])) {
    parent[key].added = "by somebody";
  } else if (how === "remove") {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
  } else parent[key] = typeof parent[key] === "object" ? [] : "edited";
  return copy;
}
