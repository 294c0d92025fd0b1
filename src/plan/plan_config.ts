/** Which AIDE configuration is active, and what is done about the ConfigMap that holds it. */

import { digestText } from "../base/digest.ts";
import { configDataKey, labels } from "../api/labels.ts";
import { existingAnnotations } from "../api/existing_operator.ts";
import { keptConfigName, ownership } from "../api/names.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import type { Action } from "./action.ts";
import { mergeDifference } from "./merge_difference.ts";
import type { Observed, ObservedConfig } from "./observed.ts";
import {
  controllerReference,
  metadataDifference,
  newMetadata,
  type OwnedMetadata,
} from "./owned_metadata.ts";

/** A configuration that daemons run. */
export interface ActiveConfig {
  text: string;
  digest: string;
}

/**
 * The configuration that is to be active: the wanted one once it is accepted, else the one that was. `fallback` is for a
 * FileIntegrity that never had one. Undefined while nothing can be said, or where the old one is gone from everywhere.
 */
export function activeConfig(observed: Observed, fallback: ActiveConfig): ActiveConfig | undefined {
  const { config, configMap, lastWritten, leftConfig, fileIntegrity } = observed;
  if (config.state === "accepted") return config;
  const recorded = fileIntegrity.status?.configDigest;
  if (recorded === undefined) {
    return config.state === "pending" ? undefined : leftConfig ?? fallback;
  }
  const text = (configMap?.content.data as Record<string, unknown> | undefined)?.[configDataKey];
  if (typeof text === "string" && digestText(text) === recorded) return { text, digest: recorded };
  if (lastWritten?.digest === recorded) return lastWritten;
  return fallback.digest === recorded ? fallback : undefined;
}

/** What came of the wanted configuration, and, where that is not active, what is run meanwhile. */
export function withWhatRuns(
  { config, fileIntegrity }: Pick<Observed, "config" | "fileIntegrity">,
  active: ActiveConfig | undefined,
  fallback: ActiveConfig,
): ObservedConfig {
  if (config.state === "accepted" || config.message === undefined) return config;
  const runs = active === undefined && fileIntegrity.status?.configDigest === undefined
    ? "Nothing is scanned before it can be"
    : active?.digest === fallback.digest
    ? "The default policy is run meanwhile"
    : "The configuration that was active stays active";
  return { ...config, message: `${config.message}. ${runs}` };
}

/** The actions that make the ConfigMap hold the active configuration, and nothing else. */
export function planConfigMap(observed: Observed, active: ActiveConfig): Action[] {
  const { fileIntegrity, configMap } = observed;
  const { name, namespace = "" } = fileIntegrity.metadata;
  const { labels: ownerLabels, annotations } = ownership(name);
  const owned: OwnedMetadata = {
    labels: { ...ownerLabels, [labels.aideConf]: "" },
    annotations: { ...annotations, [existingAnnotations.updated]: null },
    owner: controllerReference(fileIntegrity),
  };
  const data = { [configDataKey]: active.text };
  if (configMap === undefined) {
    return [{ kind: "create-config-map", metadata: newMetadata(name, namespace, owned), data }];
  }
  const metadata = metadataDifference(configMap.metadata, owned);
  const content = mergeDifference(configMap.content, { data });
  if (metadata === undefined && content === undefined) return [];
  const patch = { ...content, ...(metadata !== undefined && { metadata }) };
  return [...keptConfig(observed), { kind: "patch-config-map", name, patch }];
}

/** What the existing operator ran where what is wanted can't be had, and ours has run nothing yet; undefined elsewhere. */
export function leftConfigText(
  { fileIntegrity, config, configMap }: Pick<Observed, "fileIntegrity" | "config" | "configMap">,
): string | undefined {
  const known = fileIntegrity.status?.configDigest !== undefined;
  if (known || config.state === "accepted" || config.state === "pending") return undefined;
  return (configMap?.content.data as Record<string, string> | undefined)?.[configDataKey];
}

/** Keeps what the existing operator ran where ours can run neither that nor what is wanted: it may be the only copy. */
function keptConfig(observed: Observed): Action[] {
  const { name, namespace = "" } = observed.fileIntegrity.metadata;
  const text = leftConfigText(observed);
  if (text === undefined || observed.leftConfig !== undefined) return [];
  const metadata: ObjectMeta = {
    name: keptConfigName(name),
    namespace,
    ...ownership(name),
  };
  return [{ kind: "keep-config", metadata, data: { [configDataKey]: text } }];
}
