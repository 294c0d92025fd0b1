import { assertEquals } from "@std/assert";
import { annotations, apiVersion, labels } from "../../../src/api/labels.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import { applyType, nodeStatusesPath } from "../api/api_caller.ts";
import { unreported } from "../api/test_objects.ts";
import { assertCases, confinedTest, others, own, type PolicyCase } from "./confined_daemons.ts";

const lastProbeTime = "2020-09-15T12:57:20Z";
const lastResult = { condition: "Succeeded", lastProbeTime };
const baseline = {
  digest: "sha256:a",
  configDigest: "sha256:b",
  entries: 1,
  aideVersion: "0.19",
  created: lastProbeTime,
  reason: "first",
};

confinedTest("policy: a daemon writes what its node reports, and nothing else", async (parts) => {
  const { ns, daemon, operator, fi } = parts;
  const mine = nodeStatusesPath(ns, nodeStatusName("fi", own));
  const theirs = nodeStatusesPath(ns, nodeStatusName("fi", others));
  const changed = (field: string): string => `a daemon may not change metadata.${field}: `;
  const patch = (name: string, body: unknown, refused?: string): PolicyCase => ({
    ...{ name, method: "PATCH", path: mine, call: { body } },
    ...refused !== undefined && { refused },
  });
  const metadata = (name: string, fields: unknown, refused: string): PolicyCase =>
    patch(name, { metadata: fields }, changed(refused));
  // What the operator asks of the node must still be there when a daemon has been refused to take it away.
  const asked = await operator.call("PATCH", mine, {
    body: { metadata: { annotations: { [annotations.reInit]: "request" } } },
  });
  assertEquals(asked.code, 200, asked.body.message);

  await assertCases(daemon, [
    patch("results", { results: [lastResult], lastResult }),
    patch("a first baseline", { baseline }),
    patch("another baseline", { baseline: { ...baseline, digest: "sha256:c" } }),
    patch("all at once", { results: [lastResult], lastResult, baseline }),
    {
      name: "results by server-side apply",
      method: "PATCH",
      path: `${mine}?fieldManager=daemon&force=true`,
      call: {
        body: {
          apiVersion,
          kind: "FileIntegrityNodeStatus",
          metadata: { name: nodeStatusName("fi", own) },
          lastResult,
        },
        type: applyType,
      },
    },
  ]);

  const { body: now } = await daemon.call("GET", mine);
  const { baseline: kept, ...without } = now;
  assertEquals(kept, baseline);
  const cases: PolicyCase[] = [
    patch("no baseline", { baseline: null }, "a daemon may not remove the baseline"),
    {
      name: "no baseline, by a replacement",
      method: "PUT",
      path: mine,
      call: { body: without },
      refused: "a daemon may not remove the baseline",
    },
    patch(
      "nodeName",
      { nodeName: others },
      `a daemon may not change nodeName, here to "${others}"`,
    ),
    metadata("a label", { labels: { [labels.node]: others } }, "labels"),
    metadata("no labels", { labels: null }, "labels"),
    metadata(
      "a request taken away",
      { annotations: { [annotations.reInit]: null } },
      "annotations",
    ),
    metadata("a request made", { annotations: { [annotations.holdoff]: "" } }, "annotations"),
    metadata("no owner", { ownerReferences: null }, "ownerReferences"),
    metadata("a finalizer", { finalizers: ["example.com/stay"] }, "finalizers"),
    metadata(
      "labels and finalizers",
      { labels: { a: "b" }, finalizers: ["example.com/stay"] },
      "labels, metadata.finalizers",
    ),
    {
      name: "another node's results",
      method: "PATCH",
      path: theirs,
      call: { body: { lastResult } },
      refused: `this is the FileIntegrityNodeStatus of node "${others}": a daemon on node "${own}"`,
    },
    {
      name: "another node's object made its own",
      method: "PATCH",
      path: theirs,
      call: { body: { nodeName: own } },
      refused: `this is the FileIntegrityNodeStatus of node "${others}"`,
    },
    {
      name: "a further object for its own node",
      method: "POST",
      path: nodeStatusesPath(ns),
      call: {
        body: { ...unreported(fi, own), metadata: { name: "further" } },
      },
      refused: "a daemon updates its node's FileIntegrityNodeStatus",
    },
    {
      name: "its own object deleted",
      method: "DELETE",
      path: mine,
      refused: "a daemon updates its node's FileIntegrityNodeStatus",
    },
    {
      name: "all objects deleted",
      method: "DELETE",
      path: nodeStatusesPath(ns),
      refused: "a daemon updates its node's FileIntegrityNodeStatus",
    },
  ];
  await assertCases(daemon, cases);

  const { body: after } = await operator.call("GET", mine);
  assertEquals(after.metadata.resourceVersion, now.metadata.resourceVersion);
  assertEquals(after.metadata.annotations[annotations.reInit], "request");
});
