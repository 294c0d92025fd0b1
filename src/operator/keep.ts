/** What the operator keeps in memory of each kind of object. */

import type { DaemonSet } from "kubernetes-types/apps/v1.d.ts";
import type { ConfigMap, Node } from "kubernetes-types/core/v1.d.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { nodeUpdate } from "../plan/node_update.ts";
import type { ObservedChild, ObservedNode, ObservedNodeStatus } from "../plan/observed.ts";

type Stored<T> = Omit<T, "metadata" | "apiVersion" | "kind"> & { metadata: ObjectMeta };

// kubectl keeps a copy of the whole object there.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

function keepMetadata({ managedFields: _, ...metadata }: ObjectMeta): ObjectMeta {
  if (metadata.annotations?.[lastApplied] === undefined) return metadata;
  const { [lastApplied]: __, ...annotations } = metadata.annotations;
  return { ...metadata, annotations };
}

/** Of a FileIntegrity: all that matters to anybody. */
export function keepFileIntegrity(fileIntegrity: FileIntegrity): FileIntegrity {
  return { ...fileIntegrity, metadata: keepMetadata(fileIntegrity.metadata) };
}

/** Of a node status: the newest verdict with its numbers, and the baseline; no lists of paths. */
export function keepNodeStatus(
  { metadata, nodeName, lastResult, baseline, results = [] }: StoredNodeStatus,
): ObservedNodeStatus {
  const standing = [...results].reverse()
    .map(({ condition }) => condition)
    .find((condition) => condition !== "Errored");
  const { changes, unverified, ...result } = lastResult ?? {};
  return {
    metadata: keepMetadata(metadata),
    nodeName,
    ...(lastResult !== undefined && {
      lastResult: {
        ...result,
        ...(changes !== undefined && { changes: { ...changes, items: [] } }),
        ...(unverified !== undefined && { unverified: { ...unverified, items: [] } }),
      } as NonNullable<ObservedNodeStatus["lastResult"]>,
    }),
    ...(baseline !== undefined && { baseline }),
    ...(standing !== undefined && { standing }),
  };
}

/** Of a DaemonSet: its spec, and whether its controller has seen it. */
export function keepDaemonSet({ metadata, spec, status }: Stored<DaemonSet>): ObservedChild {
  return {
    metadata: keepMetadata(metadata),
    content: { spec },
    current: (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
  };
}

/** Of a ConfigMap: what it holds. */
export function keepConfigMap(
  { metadata, data, binaryData, immutable }: Stored<ConfigMap>,
): ObservedChild {
  return {
    metadata: keepMetadata(metadata),
    content: {
      ...(data !== undefined && { data }),
      ...(binaryData !== undefined && { binaryData }),
      ...(immutable !== undefined && { immutable }),
    },
  };
}

/** Of a Node: what it is selected by. */
export function keepNode({ metadata, spec, status }: Stored<Node>): ObservedNode {
  const taints = (spec?.taints ?? []).map(({ key, value, effect }) => ({
    key,
    ...(value !== undefined && { value }),
    effect,
  }));
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    labels: metadata.labels ?? {},
    taints,
    ready: (status?.conditions ?? []).some(({ type, status }) =>
      type === "Ready" && status === "True"
    ),
    update: nodeUpdate({ annotations: metadata.annotations ?? {}, taints }),
  };
}

/** Of an object that is kept as it should be: its spec. */
export function keepSpec(
  { metadata, spec }: { metadata: ObjectMeta; spec?: unknown },
): ObservedChild {
  return { metadata: keepMetadata(metadata), content: { ...(spec !== undefined && { spec }) } };
}
