import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { appendResult, nextNodeStatus, type NodeReport } from "../../src/api/next_node_status.ts";
import type { Baseline, LastResult, ScanResult } from "../../src/api/node_status.ts";
import { validateFileIntegrityNodeStatus } from "../../src/api/validate.ts";

const node = "ip-10-0-130-192.ec2.internal";
const configMap = "aide-ds-worker-fileintegrity-ip-10-0-130-192.ec2.internal-failed";

const succeeded: LastResult = { lastProbeTime: "2020-09-15T12:54:14Z", condition: "Succeeded" };
const failed: LastResult = {
  lastProbeTime: "2020-09-15T12:57:20Z",
  condition: "Failed",
  filesAdded: 0,
  filesChanged: 1,
  filesRemoved: 0,
  resultConfigMapNamespace: "openshift-file-integrity",
  resultConfigMapName: configMap,
};

const baseline: Baseline = {
  digest: "sha256:00",
  configDigest: "sha256:01",
  entries: 31553,
  aideVersion: "0.19.1",
  created: "2020-09-15T12:50:00Z",
  reason: "first",
};

const report = (result: LastResult, more: Partial<NodeReport> = {}): NodeReport => ({
  fileIntegrity: {
    metadata: { name: "worker-fileintegrity", namespace: "openshift-file-integrity" },
  },
  node,
  result,
  ...more,
});

Deno.test("results print as in the documentation: an earlier Succeeded stays beside Failed", () => {
  const status = nextNodeStatus(nextNodeStatus(undefined, report(succeeded)), report(failed));
  // `jq -r` of the documentation, key for key
  assertEquals(
    JSON.stringify(status.results, undefined, 2),
    `[
  {
    "condition": "Succeeded",
    "lastProbeTime": "2020-09-15T12:54:14Z"
  },
  {
    "condition": "Failed",
    "filesChanged": 1,
    "lastProbeTime": "2020-09-15T12:57:20Z",
    "resultConfigMapName": "aide-ds-worker-fileintegrity-ip-10-0-130-192.ec2.internal-failed",
    "resultConfigMapNamespace": "openshift-file-integrity"
  }
]`,
  );
});

Deno.test("a first result makes a whole object that validates", () => {
  const status = nextNodeStatus(undefined, report(succeeded, { baseline }));
  assertEquals(status, {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: {
      name: `worker-fileintegrity-${node}`,
      namespace: "openshift-file-integrity",
      labels: {
        "file-integrity.openshift.io/node": node,
        "file-integrity.openshift.io/owner": "worker-fileintegrity",
      },
    },
    nodeName: node,
    results: [succeeded],
    lastResult: { ...succeeded, lastTransitionTime: succeeded.lastProbeTime },
    baseline,
  });
  assertEquals(validateFileIntegrityNodeStatus(status).faults, []);
});

Deno.test("a FileIntegrity from a cluster owns the object", () => {
  const fileIntegrity = { metadata: { name: "fi", namespace: "ns", uid: "u-1" } };
  const { metadata } = nextNodeStatus(undefined, report(succeeded, { fileIntegrity }));
  assertEquals(metadata.ownerReferences, [{
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrity",
    name: "fi",
    uid: "u-1",
    controller: true,
    blockOwnerDeletion: true,
  }]);
});

Deno.test("a result in the second of the one before takes its place as last result", () => {
  const same: LastResult = { ...failed, lastProbeTime: succeeded.lastProbeTime };
  const status = nextNodeStatus(nextNodeStatus(undefined, report(succeeded)), report(same));
  assertEquals(status.lastResult.condition, "Failed");
  assertEquals(status.results.map(({ condition }) => condition), ["Succeeded", "Failed"]);
});

Deno.test("metadata and baseline of the object before stay", () => {
  const before = nextNodeStatus(undefined, report(succeeded, { baseline }));
  before.metadata.annotations = { "file-integrity.openshift.io/holdoff": "" };
  before.metadata.resourceVersion = "7";
  const after = nextNodeStatus(before, report(failed));
  assertEquals(after.metadata, before.metadata);
  assertEquals(after.baseline, baseline);
});

Deno.test("results hold documented fields only, and only those of their condition", () => {
  const full: LastResult = {
    ...failed,
    filesRemoved: 2,
    errorMessage: "of another time",
    changes: { added: 0, changed: 1, removed: 2, digest: "d", truncated: false, items: [] },
    unverified: { total: 0, items: [] },
  };
  const [entry] = appendResult([], full);
  assertEquals(Object.keys(entry ?? {}), [
    "condition",
    "filesChanged",
    "filesRemoved",
    "lastProbeTime",
    "resultConfigMapName",
    "resultConfigMapNamespace",
  ]);
  const [errored] = appendResult([], { ...full, condition: "Errored" });
  assertEquals(errored, {
    condition: "Errored",
    errorMessage: "of another time",
    lastProbeTime: full.lastProbeTime,
  });
  assertEquals(nextNodeStatus(undefined, report(full)).lastResult.changes?.total, 3);
});

Deno.test("whatever comes in, results have one entry for each condition seen, the newest last", () => {
  const result: fc.Arbitrary<ScanResult> = fc.record({
    condition: fc.constantFrom("Succeeded", "Failed", "Errored"),
    lastProbeTime: fc.constantFrom("2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"),
  });
  fc.assert(fc.property(fc.array(result, { minLength: 1 }), (all) => {
    let results: ScanResult[] = [];
    for (const one of all) results = appendResult(results, one);
    const conditions = results.map(({ condition }) => condition);
    const lastSeen = all.map(({ condition }) => condition)
      .filter((condition, at, list) => list.lastIndexOf(condition) === at);
    assertEquals(conditions, lastSeen);
    assertEquals(results.at(-1), all.at(-1));
  }));
});

Deno.test("the transition time stays while the verdict, the changes and the error stay the same", () => {
  const at = (second: number): string => `2020-01-01T00:00:0${second}Z`;
  const changes = (digest: string): NonNullable<LastResult["changes"]> => ({
    ...{ added: 0, changed: 1, removed: 0, digest, truncated: false, items: [] },
  });
  const history: LastResult[] = [
    { condition: "Succeeded", lastProbeTime: at(0) },
    { condition: "Succeeded", lastProbeTime: at(1) },
    { condition: "Failed", lastProbeTime: at(2), changes: changes("a") },
    { condition: "Failed", lastProbeTime: at(3), changes: changes("a") },
    { condition: "Failed", lastProbeTime: at(4), changes: changes("b") },
    { condition: "Errored", lastProbeTime: at(5), errorReason: "killed", errorMessage: "x" },
    { condition: "Errored", lastProbeTime: at(6), errorReason: "killed", errorMessage: "y" },
    { condition: "Errored", lastProbeTime: at(7), errorReason: "disk-full", errorMessage: "y" },
    { condition: "Failed", lastProbeTime: at(8), changes: changes("b") },
  ];
  let status: ReturnType<typeof nextNodeStatus> | undefined;
  const since = history.map((result) => {
    status = nextNodeStatus(status, report(result));
    return status.lastResult.lastTransitionTime;
  });
  assertEquals(since, [0, 0, 2, 2, 4, 5, 5, 7, 8].map(at));
});

Deno.test("transitions within one second have times that grow; a clock that is set back begins anew", () => {
  const at = (second: number): string => `2020-01-01T00:00:${String(second).padStart(2, "0")}Z`;
  const since = (seconds: string[]): string[] => {
    let status: ReturnType<typeof nextNodeStatus> | undefined;
    return seconds.map((lastProbeTime, index) => {
      const condition = index % 2 === 0 ? "Succeeded" : "Failed";
      status = nextNodeStatus(status, report({ condition, lastProbeTime }));
      return status.lastResult.lastTransitionTime ?? "";
    });
  };
  assertEquals(since([at(5), at(5), at(5), at(6), at(9)]), [5, 6, 7, 8, 9].map(at));
  assertEquals(since([at(5), at(4)]), [5, 6].map(at));
  assertEquals(since(["2020-01-01T00:01:06Z", at(5)]), ["2020-01-01T00:01:06Z", at(5)]);
});

Deno.test("a result of before there were transition times counts as one since it was made", () => {
  const { lastTransitionTime: _, ...old } = nextNodeStatus(undefined, report(succeeded)).lastResult;
  const before = { ...nextNodeStatus(undefined, report(succeeded)), lastResult: old };
  const after = nextNodeStatus(
    before,
    report({ ...succeeded, lastProbeTime: "2021-01-01T00:00:00Z" }),
  );
  assertEquals(after.lastResult.lastTransitionTime, succeeded.lastProbeTime);
});
