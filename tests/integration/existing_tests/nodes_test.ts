/** Of the existing operator's end-to-end tests those of nodes that are updated, come and go. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations, logDataKey } from "../../../src/api/labels.ts";
import { resources } from "../../../src/kube/resource.ts";
import { existingTests } from "./shared_installation.ts";
import type { Subject, SubjectNode } from "./subject.ts";

const marks = "machineconfiguration.openshift.io";

/** What the Machine Config Operator says of a node. */
const machineConfig = (
  current: string,
  desired: string,
  state: "Working" | "Done",
): Record<string, string> => ({
  [`${marks}/currentConfig`]: current,
  [`${marks}/desiredConfig`]: desired,
  [`${marks}/state`]: state,
});

/**
 * A node of a pool, settled on its configuration. It does not have the label of its role, by which another test's
 * FileIntegrity would select it too.
 */
const poolNode = (pool: "master" | "worker"): SubjectNode => ({
  annotations: machineConfig(`rendered-${pool}-1`, `rendered-${pool}-1`, "Done"),
});

async function mark(
  { product }: Subject,
  name: string,
  notes: Record<string, string>,
): Promise<void> {
  await product.nodes.client.mergePatch(resources.nodes, { name }, {
    metadata: { annotations: notes },
  });
}

const isHeld = (subject: Subject, node: string): boolean =>
  annotations.holdoff in (subject.status(node)?.metadata.annotations ?? {});

/** Updates a node as the Machine Config Operator does, while `other` goes on: marks, files, a reboot, marks. */
async function updateNode(subject: Subject, node: string, other: string): Promise<void> {
  const { nodes } = subject.product;
  const [old, next] = ["rendered-worker-1", "rendered-worker-2"];
  await mark(subject, node, machineConfig(old, next, "Done"));
  await subject.until(`${node} is held`, () => isHeld(subject, node));
  assertMatch(await subject.untilReason("NodesReporting", "NodesHeld"), new RegExp(node));
  await subject.untilLogged(node, "Held: no scan until the hold is released");
  const { lastResult } = subject.status(node) ?? {};
  await mark(subject, node, machineConfig(old, next, "Working"));
  await Deno.writeTextFile(`${nodes.hostRoot(node)}/etc/fi-test-file`, "hello\n");
  await subject.change(node, "/etc/sysctl.d/99-node.conf");
  await nodes.stopNode(node);
  await nodes.startNode(node);
  // A daemon that starts scans at once, but for a hold.
  await subject.untilScanned("Succeeded", [other]);
  assert(isHeld(subject, node));
  assertEquals(subject.status(node)?.lastResult, lastResult);
  await mark(subject, node, machineConfig(next, next, "Done"));
  const { baseline } = await subject.untilResult(
    node,
    "Succeeded",
    ({ baseline }) => baseline?.reason === "node-update",
  );
  assertEquals({ ...baseline?.absorbed, resultConfigMapName: "" }, {
    ...{ added: 1, changed: 1, removed: 0 },
    ...{ resultConfigMapName: "", resultConfigMapNamespace: subject.namespace },
  });
  const { resultConfigMapName: log = "" } = baseline?.absorbed ?? {};
  await subject.untilConfigMap(log, logDataKey, /\/hostroot\/etc\/fi-test-file/);
  assertMatch(
    await subject.untilTold("NodeBaseline", `node ${node} has a new baseline, after its update`),
    /which absorbed a:1,c:1,r:0 log:/,
  );
  await subject.until(`${node} is held no longer`, () => !isHeld(subject, node));
}

/** The daemon of a node, as one that starts anew is another. */
function daemonOf(subject: Subject, node: string): string {
  const daemon = subject.containers().find((container) => container.node === node);
  return `${daemon?.uid} ${daemon?.restarts}`;
}

// There the annotations stand on the FileIntegrity; here each node's FileIntegrityNodeStatus says that it is held.
async function acceptsExpectedChange(subject: Subject): Promise<void> {
  const [master = "", ...workers] = subject.nodes;
  await subject.apply();
  await subject.untilSettled();
  const before = { baseline: subject.status(master)?.baseline, daemon: daemonOf(subject, master) };
  for (const node of workers) await updateNode(subject, node, master);
  await subject.untilSettled();
  await subject.untilReason("NodesReporting", "AllReporting");
  await subject.untilScanned();
  // Nobody was told that a file has changed, and the other pool had nothing to do with it.
  assertEquals(
    subject.events("NodeIntegrityStatus").filter((text) => !/^no changes to/.test(text)),
    [],
  );
  assertEquals(subject.status(master)?.baseline, before.baseline);
  assertEquals(daemonOf(subject, master), before.daemon);
  assertEquals(subject.events("NodeBaseline", `node ${master} `).length, 1);
  assertEquals(subject.daemonSetsEver, [subject.daemonSet?.metadata.name]);
}

async function nodeScaling(subject: Subject): Promise<void> {
  const old = [...subject.nodes];
  await subject.apply();
  await subject.untilSettled();
  const before = old.map((node) => subject.status(node)?.baseline);
  const added = await subject.addNode();
  const { baseline } = await subject.untilResult(added, "Succeeded");
  assertEquals(baseline?.reason, "first");
  await subject.untilSettled();
  await subject.removeNode(added);
  await subject.until("its status is gone", () => subject.status(added) === undefined);
  await subject.until(
    "it is counted no longer",
    () => subject.fileIntegrity?.status?.nodes?.desired === old.length,
  );
  await subject.untilScanned();
  await subject.untilSettled();
  assertEquals(old.map((node) => subject.status(node)?.baseline), before);
}

existingTests("nodes", [
  {
    name: "TestFileIntegrityAcceptsExpectedChange",
    about: "expected-change",
    nodes: [poolNode("master"), poolNode("worker"), poolNode("worker")],
    expected: [/"message":"(Absorbed|It absorbed)/],
    run: acceptsExpectedChange,
  },
  { name: "TestFileIntegrityNodeScaling", about: "scaling", run: nodeScaling },
]);
