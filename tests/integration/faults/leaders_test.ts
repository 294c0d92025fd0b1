/** Two operators: one of them writes, whatever becomes of the other. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { auditEntries } from "../../cluster/audit_log.ts";
import { type Installation, productTest } from "../product/installation.ts";

const prefix = "file-integrity-operator";

/** The pod that holds the Lease. */
async function leader(product: Installation): Promise<string> {
  return await product.until("somebody leads", async () => {
    const lease = await product.get("lease", "962a0cf2.openshift.io");
    const holder: string = lease?.spec.holderIdentity ?? "";
    // The identity of a process is the name of its pod and an id of its own.
    return holder === "" ? undefined : holder.replace(/-[0-9a-f]{8}$/, "");
  });
}

/** What each pod of the operator has written beside its Lease, since `from` of the audit log. */
async function writers(product: Installation, from: number): Promise<string[]> {
  const user = `system:serviceaccount:${product.namespace.name}:${prefix}`;
  const key = "authentication.kubernetes.io/pod-name";
  const { entries } = await auditEntries(product.cluster.auditLog, from);
  return entries.filter((
    { user: who, verb, stage, objectRef },
  ) =>
    who.username === user && stage === "ResponseComplete" &&
    ["create", "update", "patch", "delete"].includes(verb) &&
    !["leases", "selfsubjectreviews"].includes(objectRef?.resource)
  ).map(({ user: { extra } }) => extra?.[key]?.[0] ?? "");
}

/** Applies a FileIntegrity and waits until it is Active; whoever leads has seen it Initializing before. */
async function applyPhaseByPhase(product: Installation): Promise<void> {
  const [node = ""] = product.workers;
  await product.whileDown(node, async () => {
    await product.apply("worker");
    await product.untilPhase("worker", "Initializing");
  });
  await product.untilPhase("worker", "Active");
}

/** Waits until everything is told, and asserts that nothing is twice: one node has changed. */
async function allTold(product: Installation): Promise<void> {
  const { length } = product.workers;
  const { phases } = await product.untilTold({ results: length + 1, baselines: length });
  assertEquals(phases, ["Pending", "Initializing", "Active"]);
}

productTest(
  "fault: of two operators one writes; when its pod goes the other takes over, and nothing is told twice",
  async (product) => {
    const { end } = await product.calls();
    await product.startOperator([], 2);
    const first = await leader(product);
    await applyPhaseByPhase(product);
    await product.until(
      "all is told",
      async () => (await product.events("NodeIntegrityStatus")).length === product.workers.length,
    );
    assertEquals([...new Set(await writers(product, end))], [first]);

    const { end: before } = await product.calls();
    await product.admin(["delete", "pod", first, "--wait=false"]);
    const second = await product.until("another one leads", async () => {
      const now = await leader(product);
      return now !== first && now;
    });
    const [node = ""] = product.workers;
    await product.change(node, "/etc/resolv.conf");
    await product.untilResult("worker", node, "Failed");
    await product.until(
      "the change is told",
      async () =>
        (await product.events("NodeIntegrityStatus")).length === product.workers.length + 1,
    );
    const wrote = await writers(product, before);
    // What the first one wrote, it wrote before the second one began.
    assert(wrote.lastIndexOf(first) < wrote.indexOf(second), `${wrote}`);
    assertEquals(wrote.filter((pod) => pod !== first && pod !== second), []);
    await allTold(product);
    assertEquals(product.faults(/"message":"Failed: /), []);
  },
);

productTest(
  "fault: a leader that was frozen for longer than its lease writes nothing when it wakes up",
  async (product) => {
    await product.startOperator([], 2);
    await applyPhaseByPhase(product);
    const first = await leader(product);
    const { restarts } = product.nodes.container(first);
    product.nodes.kill(first, "SIGSTOP");
    const second = await product.until("the other one has taken over", async () => {
      const now = await leader(product);
      return now !== first && now;
    });
    const [node = ""] = product.workers;
    await product.change(node, "/etc/resolv.conf");
    await product.untilResult("worker", node, "Failed");
    await product.until(
      "the change is told",
      async () =>
        (await product.events("NodeIntegrityStatus")).length === product.workers.length + 1,
    );
    const { end } = await product.calls();
    product.nodes.kill(first, "SIGCONT");
    await product.nodes.untilLogged(
      first,
      "that it has lost the Lease",
      ({ text }) => /The Lease is lost/.test(text),
    );
    await product.nodes.until(
      "its pod is started anew",
      () => product.nodes.containers(first).find((one) => one.restarts > restarts),
    );
    // In the time of another scan it would have written something.
    const awake = Date.now();
    await product.untilResult(
      "worker",
      product.workers[1] ?? "",
      "Succeeded",
      (status) => Date.parse(status.lastResult?.lastProbeTime ?? "") > awake,
    );
    assertEquals((await writers(product, end)).filter((pod) => pod !== second), []);
    assertEquals(await leader(product), second);
    assertNotEquals(second, first);
    await allTold(product);
    assertEquals(product.faults(/"message":"Failed: /, /Lease/), []);
  },
);
