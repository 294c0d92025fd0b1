/** Objects to test with, and the accounts that write them in the product. */

import { assertEquals } from "@std/assert";
import type { ConfigMap } from "../../../src/api/config_map.ts";
import type { FileIntegrity, FileIntegritySpec } from "../../../src/api/file_integrity.ts";
import { apiVersion } from "../../../src/api/labels.ts";
import { nodeStatusName, ownership } from "../../../src/api/names.ts";
import { nextNodeStatus } from "../../../src/api/next_node_status.ts";
import type { LastResult, StoredNodeStatus } from "../../../src/api/node_status.ts";
import type { OwnerReference } from "../../../src/api/object_meta.ts";
import {
  type ApiCaller,
  applyType,
  configMapsPath,
  fileIntegritiesPath,
  nodeStatusesPath,
} from "./api_caller.ts";

/** A FileIntegrity as a user writes it. */
export function fileIntegrity(name: string, spec: FileIntegritySpec = { config: {} }): unknown {
  return { apiVersion, kind: "FileIntegrity", metadata: { name }, spec };
}

/** Creates a FileIntegrity as `editor`, and gives it as the server has it. */
export async function createFileIntegrity(
  editor: ApiCaller,
  namespace: string,
  name: string,
): Promise<FileIntegrity> {
  const body = fileIntegrity(name);
  const answer = await editor.call("POST", fileIntegritiesPath(namespace), { body });
  assertEquals(answer.code, 201, answer.body.message);
  return answer.body;
}

/** A FileIntegrity as the owner of what the operator makes. */
export function ownerReference({ metadata }: FileIntegrity): OwnerReference {
  return {
    apiVersion,
    kind: "FileIntegrity",
    name: metadata.name,
    uid: metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** A FileIntegrity as the owner of a log that a daemon makes, which may not have its deletion wait. */
export function logOwner(owner: FileIntegrity): OwnerReference {
  const { blockOwnerDeletion: _, ...reference } = ownerReference(owner);
  return reference;
}

/** A node's object as the operator makes it, before the node has anything to report. */
export function unreported(owner: FileIntegrity, node: string): StoredNodeStatus {
  const name = owner.metadata.name;
  return {
    apiVersion,
    kind: "FileIntegrityNodeStatus",
    metadata: {
      name: nodeStatusName(name, node),
      ...ownership(name, node),
      ownerReferences: [ownerReference(owner)],
    },
    nodeName: node,
  };
}

/** Makes a node's object as `operator`, by server-side apply. */
export async function makeNodeStatus(
  operator: ApiCaller,
  owner: FileIntegrity,
  node: string,
): Promise<StoredNodeStatus> {
  const body = unreported(owner, node);
  const path = nodeStatusesPath(owner.metadata.namespace ?? "", body.metadata.name);
  const answer = await operator.call("PATCH", `${path}?fieldManager=operator`, {
    body,
    type: applyType,
  });
  assertEquals(answer.code, 201, answer.body.message);
  return answer.body;
}

/** Applies the ConfigMaps of a log as `daemon`; gives their names. */
export async function publishLog(
  daemon: ApiCaller,
  namespace: string,
  parts: AsyncIterable<ConfigMap>,
): Promise<string[]> {
  const names: string[] = [];
  for await (const part of parts) {
    const { name } = part.metadata;
    const path = `${configMapsPath(namespace, name)}?fieldManager=daemon&force=true`;
    const answer = await daemon.call("PATCH", path, { body: part, type: applyType });
    assertEquals([200, 201].includes(answer.code), true, answer.body.message);
    names.push(name);
  }
  return names;
}

/** Takes a result into a node's object as `daemon`, and gives the object as the server has it. */
export async function report(
  daemon: ApiCaller,
  owner: FileIntegrity,
  previous: StoredNodeStatus,
  result: LastResult,
): Promise<StoredNodeStatus> {
  const node = previous.nodeName;
  const { results, lastResult } = nextNodeStatus(previous, { fileIntegrity: owner, node, result });
  const { namespace = "", name } = previous.metadata;
  const answer = await daemon.call("PATCH", nodeStatusesPath(namespace, name), {
    body: { results, lastResult },
  });
  assertEquals(answer.code, 200, answer.body.message);
  return answer.body;
}
