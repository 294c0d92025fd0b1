/** What the holder and the candidates write into a Lease. */

import type { ObjectMeta } from "../api/object_meta.ts";
import { type Resource, resources } from "./resource.ts";

/** A Lease of the API. */
export type Lease = typeof resources.leases extends Resource<infer T> ? T : never;

/** Name of the Lease of the operator: that of the existing operator, so that the two never both write. */
export const operatorLease = "962a0cf2.openshift.io";

// Every renewal must change the Lease: the server gives no new version to an object that stays the same, and without
// one the candidates would take the holder for gone. So a time of day that stands still gets another microsecond.
function microTime(now: number, previous: string | undefined): string {
  const text = new Date(now).toISOString();
  const time = text.replace("Z", "000Z");
  return time === previous ? text.replace("Z", "001Z") : time;
}

// What the server keeps of who set which field is not ours to send.
function ownMetadata({ metadata: { managedFields: _, ...metadata } }: Lease): ObjectMeta {
  return metadata;
}

/** The Lease as `identity` writes it at the time of day `now` to get it or to keep it; `current` is what is there. */
export function heldLease(
  current: Lease | undefined,
  address: { namespace: string; name: string },
  identity: string,
  seconds: number,
  now: number,
): Lease {
  const { namespace, name } = address;
  const before = current?.spec ?? {};
  const renewTime = microTime(now, before.renewTime);
  const kept = before.holderIdentity === identity;
  return {
    apiVersion: resources.leases.apiVersion,
    kind: resources.leases.kind,
    metadata: current === undefined ? { namespace, name } : ownMetadata(current),
    spec: {
      ...before,
      holderIdentity: identity,
      leaseDurationSeconds: seconds,
      acquireTime: kept && before.acquireTime !== undefined ? before.acquireTime : renewTime,
      renewTime,
      leaseTransitions: (before.leaseTransitions ?? (current === undefined ? -1 : 0)) +
        (kept ? 0 : 1),
    },
  };
}

/** The Lease as its holder gives it back. */
export function releasedLease(current: Lease, now: number): Lease {
  const renewTime = microTime(now, current.spec?.renewTime);
  return {
    ...current,
    metadata: ownMetadata(current),
    spec: { ...current.spec, holderIdentity: "", leaseDurationSeconds: 1, renewTime },
  };
}
