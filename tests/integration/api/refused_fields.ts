/** Compares what the API server refuses with the faults that our validator finds. */

import type { Answer } from "./api_caller.ts";

/**
 * The fields that a refusal names; [] where it names none. Objects whose metadata the server can't even read are
 * refused as a whole, with the field of its own type in the message.
 */
export function refusedFields({ code, body }: Answer): string[] {
  const causes = (body.details?.causes ?? []) as { field?: string }[];
  const fields = causes.flatMap(({ field }) =>
    // "<nil>" comes with a remark that rules were not checked because of the other causes.
    field === undefined || field === "<nil>" ? [] : [field]
  );
  if (fields.length > 0 || code !== 400) return fields;
  const message = String(body.message);
  const [, field] = /Go struct field (?:ObjectMeta|OwnerReference)\.(\S+) of type/.exec(message) ??
    [];
  return [field === undefined ? "metadata" : `metadata.${field}`];
}

const maps = new Set(["nodeSelector", "labels", "annotations"]);

// Keys of maps are any text, and stand in dots or in brackets. Rules for metadata leave the list's index out.
function parts(path: string): string[] {
  const text = path.startsWith("metadata.") ? path.replace(/\[\d+\]/g, "") : path;
  const all = text.split(/[.[\]]+/).filter((part) => part !== "");
  const map = all.findIndex((part) => maps.has(part));
  return map < 0 ? all : all.slice(0, map + 1);
}

/** Whether two paths lead to one field, or one of them to what the other is in. */
export function sameField(one: string, other: string): boolean {
  const [a, b] = [parts(one), parts(other)];
  return a.slice(0, b.length).every((part, at) => part === b[at]);
}
