/** What is to be done about an object that tells Prometheus of the operator. */

import type { ObjectMeta, OwnerReference } from "../api/object_meta.ts";
import { mergeDifference } from "./merge_difference.ts";
import type { ObservedChild } from "./observed.ts";
import { metadataDifference, newMetadata, type OwnedMetadata } from "./owned_metadata.ts";

/** A PrometheusRule or ServiceMonitor as it should be. */
export interface MonitoringObject {
  name: string;
  namespace: string;
  /** Those that it must have; it may have others, by which a Prometheus is told to take it in. */
  labels: Readonly<Record<string, string>>;
  /** What it is to go with. */
  owner: OwnerReference;
  spec: object;
}

/** How an object becomes what it should be. */
export type MonitoringChange =
  | { create: { metadata: ObjectMeta; spec: object } }
  /** A merge patch (RFC 7386). */
  | { patch: Record<string, unknown> };

/** The change that makes of `live`, if there is one, what is wanted, every field of its spec; undefined where it is that. */
export function monitoringChange(
  live: ObservedChild | undefined,
  { name, namespace, labels, owner, spec }: MonitoringObject,
): MonitoringChange | undefined {
  const owned: OwnedMetadata = { labels, annotations: {}, owner };
  if (live === undefined) {
    return { create: { metadata: newMetadata(name, namespace, owned), spec } };
  }
  const metadata = metadataDifference(live.metadata, owned);
  const content = mergeDifference(live.content, { spec });
  if (metadata === undefined && content === undefined) return undefined;
  return { patch: { ...(metadata !== undefined && { metadata }), ...content } };
}
