import type { FileIntegrity } from "../api/file_integrity.ts";
import { annotations } from "../api/labels.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { resources } from "../kube/resource.ts";
import { readTakenRequest } from "../plan/node_requests.ts";
import type { OperatorParts } from "./parts.ts";

// Each may list a hundred paths, of which nothing is kept.
const pageSize = 100;

/**
 * The nodes whose last result is Failed, where somebody asks for new baselines of those; undefined where nobody does, at
 * no cost. Asked of the API server, and not of what was heard of by then: a request may be heard of before the result
 * that its author has seen, and must not pass that node over. Rejects with `KubeError`s.
 */
export async function failedNodes(
  { api }: Pick<OperatorParts, "api">,
  fileIntegrity: FileIntegrity,
  belongs: (status: ObjectMeta) => boolean,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const { namespace = "", annotations: notes = {} } = fileIntegrity.metadata;
  if (!(annotations.reInitOnFailed in notes)) return undefined;
  if (readTakenRequest(fileIntegrity) !== undefined) return undefined; // the one before it is still being handed on
  const failed: string[] = [];
  for await (
    const { items } of api.pages(resources.nodeStatuses, { namespace, pageSize, signal })
  ) {
    for (const { metadata, nodeName, lastResult } of items) {
      if (lastResult?.condition === "Failed" && belongs(metadata)) failed.push(nodeName);
    }
  }
  return failed;
}
