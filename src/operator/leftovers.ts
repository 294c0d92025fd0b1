import {
  existingAnnotations,
  existingLabels,
  existingScripts,
  isMovingOver,
} from "../api/existing_operator.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { labels, logDataKey } from "../api/labels.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { resources } from "../kube/resource.ts";
import type { ObservedChild, ObservedLeftovers, OldResult } from "../plan/observed.ts";
import type { Caches } from "./caches.ts";
import { keepConfigMap } from "./keep.ts";
import type { OperatorParts } from "./parts.ts";

type ConfigMap = Parameters<typeof keepConfigMap>[0];

// Each may have a log of a megabyte, of which nothing is kept.
const pageSize = 8;

function oldResult({ metadata, data }: ConfigMap): OldResult {
  const { managedFields: _, ...kept } = metadata;
  const error = kept.annotations?.[existingAnnotations.logError];
  if (error !== undefined) return { metadata: kept, condition: "Errored", error };
  return { metadata: kept, condition: data?.[logDataKey] ? "Failed" : "Succeeded" };
}

/**
 * What the existing operator left of a FileIntegrity that moves over from it: looked up, as nobody follows it. Undefined
 * for every other FileIntegrity, at no cost. Rejects with `KubeError`s.
 */
export async function observeLeftovers(
  { api }: Pick<OperatorParts, "api">,
  { daemonSets }: Pick<Caches, "daemonSets">,
  fileIntegrity: FileIntegrity,
  signal: AbortSignal,
): Promise<ObservedLeftovers | undefined> {
  if (!isMovingOver(fileIntegrity)) return undefined;
  const { name: fi, namespace = "" } = fileIntegrity.metadata;
  const results: OldResult[] = [];
  const which = {
    namespace,
    pageSize,
    // A name that no label can hold, no result of that operator could name.
    labelSelector: `${existingLabels.log},${labels.owner}=${fi.slice(0, 63)}`,
  };
  for await (const { items } of api.pages(resources.configMaps, { ...which, signal })) {
    for (const item of items) {
      if (item.metadata.labels?.[labels.owner] === fi) results.push(oldResult(item));
    }
  }
  const scripts: ObservedChild[] = [];
  for (const { name } of existingScripts) {
    try {
      scripts.push(
        keepConfigMap(await api.get(resources.configMaps, { namespace, name }, { signal })),
      );
    } catch (error) {
      if (!isKubeError(error, "not-found")) throw error;
    }
  }
  return { results, scripts, daemonSets: [...daemonSets.values()] };
}
