/** Which AIDE configuration is active, and what is done about the ConfigMap that holds it. */

import { digestText } from "../base/digest.ts";
import { configDataKey, labels } from "../api/labels.ts";
import { ownership } from "../api/names.ts";
import type { Action } from "./action.ts";
import { mergeDifference } from "./merge_difference.ts";
import type { Observed } from "./observed.ts";
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
  const { config, configMap, lastWritten, fileIntegrity } = observed;
  if (config.state === "accepted") return config;
  const recorded = fileIntegrity.status?.configDigest;
  if (recorded === undefined) return config.state === "pending" ? undefined : fallback;
  const text = (configMap?.content.data as Record<string, unknown> | undefined)?.[configDataKey];
  if (typeof text === "string" && digestText(text) === recorded) return { text, digest: recorded };
  if (lastWritten?.digest === recorded) return lastWritten;
  return fallback.digest === recorded ? fallback : undefined;
}

/** The actions that make the ConfigMap hold the active configuration, and nothing else. */
export function planConfigMap(observed: Observed, active: ActiveConfig): Action[] {
  const { fileIntegrity, configMap } = observed;
  const { name, namespace = "" } = fileIntegrity.metadata;
  const { labels: ownerLabels, annotations } = ownership(name);
  const owned: OwnedMetadata = {
    labels: { ...ownerLabels, [labels.aideConf]: "" },
    annotations,
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
  return [{ kind: "patch-config-map", name, patch }];
}
