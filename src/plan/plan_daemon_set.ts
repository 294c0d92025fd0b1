import { daemonSetName, ownership } from "../api/names.ts";
import type { Action } from "./action.ts";
import { daemonSetLabels, daemonSetSpec } from "./daemon_set.ts";
import { mergeDifference, sameValue } from "./merge_difference.ts";
import type { Observed } from "./observed.ts";
import {
  controllerReference,
  metadataDifference,
  newMetadata,
  type OwnedMetadata,
} from "./owned_metadata.ts";

/** The actions that make the DaemonSet what it should be, every field of it. */
export function planDaemonSet(observed: Observed, configDigest: string): Action[] {
  const { fileIntegrity, spec, daemonSet, image, priorityClass } = observed;
  const { name: fi, namespace = "", uid = "" } = fileIntegrity.metadata;
  const name = daemonSetName(fi);
  const wanted = daemonSetSpec({
    ...{ fileIntegrity: fi, uid, namespace, spec, configDigest, image },
    ...(priorityClass === "found" && spec.priorityClassName !== undefined && {
      priorityClassName: spec.priorityClassName,
    }),
  });
  const owned: OwnedMetadata = {
    labels: daemonSetLabels(fi),
    annotations: ownership(fi).annotations,
    owner: controllerReference(fileIntegrity),
  };
  if (daemonSet === undefined) {
    const metadata = newMetadata(name, namespace, owned);
    return [{ kind: "create-daemon-set", metadata, spec: wanted }];
  }
  const live = daemonSet.content.spec as Record<string, unknown> | undefined ?? {};
  if (!sameValue(live.selector, wanted.selector)) { // which the API server lets nobody change
    return [{ kind: "delete-daemon-set", name, uid: daemonSet.metadata.uid ?? "" }];
  }
  const metadata = metadataDifference(daemonSet.metadata, owned);
  const specPatch = mergeDifference(live, { ...wanted });
  if (metadata === undefined && specPatch === undefined) return [];
  const patch = {
    ...(metadata !== undefined && { metadata }),
    ...(specPatch !== undefined && { spec: specPatch }),
  };
  return [{ kind: "patch-daemon-set", name, patch }];
}
