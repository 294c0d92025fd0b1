import { annotations } from "../api/labels.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import { type BaselineReason, baselineReasons } from "../api/reasons.ts";
import type { ReinitRequest } from "../plan/node_step.ts";

/** As much of the node's FileIntegrityNodeStatus as the daemon keeps in mind. */
export interface KnownStatus {
  uid: string;
  /** `metadata.uid` of the FileIntegrities that own it. */
  owners: readonly string[];
  /** When it was made, in milliseconds since 1970. */
  created: number;
  /** Whether it holds a result. */
  reported: boolean;
  held: boolean;
  request?: ReinitRequest;
}

function requestOf(noted: Record<string, string>): ReinitRequest | undefined {
  const id = noted[annotations.reInit];
  if (id === undefined || id === "") return undefined;
  const reason = noted[annotations.reInitReason];
  const known = baselineReasons.find((one): one is BaselineReason => one === reason);
  return { id, reason: known ?? "requested" };
}

/** What the daemon keeps of the object. */
export function knownStatus({ metadata, lastResult }: StoredNodeStatus): KnownStatus {
  const noted = metadata.annotations ?? {};
  const request = requestOf(noted);
  return {
    uid: metadata.uid ?? "",
    owners: (metadata.ownerReferences ?? []).filter(({ kind }) => kind === "FileIntegrity")
      .map(({ uid }) => uid),
    created: Date.parse(metadata.creationTimestamp ?? "") || 0,
    reported: lastResult !== undefined,
    held: Object.hasOwn(noted, annotations.holdoff),
    ...(request === undefined ? {} : { request }),
  };
}
