import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  BaselineSchema,
  type FileIntegrityNodeStatus,
  FileIntegrityNodeStatusSchema,
  type StoredNodeStatus,
} from "../../src/api/node_status.ts";
import { LastResultSchema } from "../../src/api/scan_result.ts";
import { nodeStatusPatch } from "../../src/daemon/node_status_patch.ts";
import { schemaArbitrary } from "../api/schema_arbitrary.ts";

/** What a merge patch makes of a value, as RFC 7386 has it. */
function patched(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = typeof target === "object" && target !== null && !Array.isArray(target)
    ? { ...target as Record<string, unknown> }
    : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = patched(result[key], value);
  }
  return result;
}

const statuses = schemaArbitrary(
  FileIntegrityNodeStatusSchema,
) as fc.Arbitrary<FileIntegrityNodeStatus>;

/** As `nextNodeStatus` gives it: the total is always there. */
function complete(status: FileIntegrityNodeStatus): FileIntegrityNodeStatus {
  const { changes } = status.lastResult;
  return changes === undefined || changes.total !== undefined ? status : {
    ...status,
    lastResult: { ...status.lastResult, changes: { ...changes, total: 0 } },
  };
}

Deno.test("property: whatever stood there, results and baseline are then those of the status", () => {
  fc.assert(fc.property(statuses, statuses, (before, wanted) => {
    const status = complete(wanted);
    const after = patched(before, nodeStatusPatch(status, "uid")) as StoredNodeStatus;
    assertEquals(after.results, status.results);
    assertEquals(after.lastResult, status.lastResult);
    assertEquals(after.baseline, status.baseline ?? before.baseline);
    const { uid: _, ...metadata } = after.metadata;
    const { uid: _uid, ...untouched } = before.metadata;
    assertEquals(metadata, untouched);
    assertEquals(after.nodeName, before.nodeName);
  }));
});

Deno.test("the patch names every field that could be left from before", () => {
  const optional = (schema: { properties: object; required?: readonly string[] }): string[] =>
    Object.keys(schema.properties).filter((key) => !schema.required?.includes(key)).sort();
  const status: FileIntegrityNodeStatus = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: { name: "x" },
    nodeName: "n",
    results: [],
    lastResult: { condition: "Succeeded", lastProbeTime: "2026-01-01T00:00:00Z" },
    baseline: {
      digest: "",
      configDigest: "",
      entries: 0,
      aideVersion: "",
      created: "2026-01-01T00:00:00Z",
      reason: "first",
    },
  };
  const { lastResult, baseline } = nodeStatusPatch(status, "uid") as Record<string, object>;
  const nulls = (value: object | undefined): string[] =>
    Object.entries(value ?? {}).filter(([, child]) => child === null).map(([key]) => key).sort();
  assertEquals(nulls(lastResult), optional(LastResultSchema));
  assertEquals(nulls(baseline), optional(BaselineSchema));
});
