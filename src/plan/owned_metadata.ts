/** The part of an object's metadata that the operator sees to. */

import type { FileIntegrity } from "../api/file_integrity.ts";
import { apiVersion } from "../api/labels.ts";
import type { ObjectMeta, OwnerReference } from "../api/object_meta.ts";
import { mergeAddition, sameValue } from "./merge_difference.ts";

/** The labels and annotations that an object must have; null for an annotation that it must not have. */
export interface OwnedMetadata {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string | null>>;
  owner: OwnerReference;
}

/** The reference by which a FileIntegrity controls an object that is to go with it. */
export function controllerReference({ metadata }: Pick<FileIntegrity, "metadata">): OwnerReference {
  return {
    apiVersion,
    kind: "FileIntegrity",
    name: metadata.name,
    uid: metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Metadata of a new object. */
export function newMetadata(name: string, namespace: string, owned: OwnedMetadata): ObjectMeta {
  const annotations = Object.entries(owned.annotations)
    .filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    name,
    namespace,
    labels: { ...owned.labels },
    ...(annotations.length > 0 && { annotations: Object.fromEntries(annotations) }),
    ownerReferences: [owned.owner],
  };
}

/** The owners with ours among them: another controller can't stand beside it, other owners can. */
function withOwner(found: readonly OwnerReference[], ours: OwnerReference): OwnerReference[] {
  return [ours, ...found.filter(({ uid, controller }) => uid !== ours.uid && controller !== true)];
}

/** The patch of `metadata` that brings back what is ours; labels and annotations of others stay. */
export function metadataDifference(
  live: ObjectMeta,
  { labels, annotations, owner }: OwnedMetadata,
): Record<string, unknown> | undefined {
  const patch = mergeAddition(
    { labels: live.labels ?? {}, annotations: live.annotations ?? {} },
    { labels, annotations },
  );
  const found = live.ownerReferences ?? [];
  const owned = found.some((one) => sameValue(one, owner));
  if (owned) return patch;
  return { ...patch, ownerReferences: withOwner(found, owner) };
}
