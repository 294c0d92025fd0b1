import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { daemonSetName } from "../../../src/api/names.ts";
import type { RunningContainer } from "../../kubelet/test_nodes.ts";
import { findings } from "../faults/expected_warnings.ts";
import { type Installation, productTest } from "../product/installation.ts";
import {
  oldActiveConfig,
  oldDaemonSet,
  oldFailureLog,
  oldHostFiles,
  oldLease,
  oldNodeStatus,
  type OldOwner,
  oldReinitDaemonSet,
  oldResult,
  oldScripts,
} from "./old_objects.ts";

const isOld = (args: readonly string[]): boolean => args.some((arg) => /^--lc-file=/.test(arg));

// The existing operator's daemon as the host sees it: it never stops writing there, until it is told to end.
const oldDaemon =
  'unset LD_PRELOAD; trap "exit 1" TERM; while true; do echo >/hostroot/etc/kubernetes/aide.log; sleep 0.1; done';

/** What the existing operator has on a cluster, but for its own pod. The test's kubelet knows no init containers. */
class OldOperator {
  constructor(readonly product: Installation, readonly owner: OldOwner) {}

  async create(...objects: unknown[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.product.admin(["create", "-f", "-"], JSON.stringify(list));
  }

  async startDaemons(): Promise<void> {
    const daemonSet = oldDaemonSet(this.owner);
    delete daemonSet.spec.template.spec.initContainers;
    await this.create(daemonSet);
    await this.product.nodes.until("the old daemons to run", () => {
      const running = this.product.nodes.containers(daemonSetName(this.owner.name));
      return running.length === this.product.workers.length || undefined;
    });
  }

  /** Its phase: it writes nothing else, and drops what it does not know. */
  async writeStatus(): Promise<void> {
    await this.product.admin([
      ...["replace", "--subresource=status", "-f", "-"],
    ], JSON.stringify({ ...await this.fileIntegrity(), status: { phase: "Active" } }));
  }

  // deno-lint-ignore no-explicit-any
  async fileIntegrity(): Promise<any> {
    return await this.product.get("fileintegrity", this.owner.name);
  }

  /** A result of each node, written as it does: what it does not know is dropped. */
  async writeResults(): Promise<void> {
    for (const node of this.product.workers) {
      const { baseline: _, ...status } = await this.product.get(
        "fins",
        `${this.owner.name}-${node}`,
      );
      const lastProbeTime = new Date().toISOString().replace(/\.\d+/, "");
      const lastResult = { condition: "Succeeded", lastProbeTime };
      await this.product.admin(
        ["replace", "-f", "-"],
        JSON.stringify({ ...status, results: [lastResult], lastResult }),
      );
    }
  }
}

/** Looks at every start and end of a container whether two of one node ran at once. */
function watchNodes({ nodes }: Installation, name: string): Disposable & { overlaps: string[] } {
  const overlaps: string[] = [];
  let over = false;
  nodes.until("the end of the test", () => {
    const running = new Map<string, RunningContainer>();
    for (const container of nodes.containers(name)) {
      const other = running.get(container.node);
      if (other !== undefined) overlaps.push(`${other.pod} and ${container.pod}`);
      running.set(container.node, container);
    }
    return over || undefined;
  }, 600).catch(() => {});
  return { overlaps, [Symbol.dispose]: () => void (over = true) };
}

async function remove(product: Installation): Promise<void> {
  await product.admin(["delete", "deployment", "file-integrity-operator", "--cascade=foreground"]);
}

async function allMovedOver(product: Installation, name: string): Promise<void> {
  for (const node of product.workers) {
    await product.untilResult(
      name,
      node,
      "Succeeded",
      ({ baseline, lastResult }) =>
        baseline?.reason === "moved-over" && lastResult?.scan !== undefined,
    );
  }
  await product.untilPhase(name, "Active");
}

productTest(
  "moving over: a cluster at work, and back, and over again",
  async (product) => {
    const { nodes, namespace, label } = product;
    const [a = "", b = ""] = product.workers;
    await product.apply("worker");
    const { metadata } = await product.get("fileintegrity", "worker");
    const old = new OldOperator(product, {
      ...{ name: "worker", namespace: namespace.name, uid: metadata.uid },
      nodeSelector: { [label]: "worker" },
    });
    const { owner } = old;
    await old.writeStatus();
    const log = "AIDE found differences between database and filesystem!!\n";
    await old.create(
      oldLease(namespace.name),
      ...oldScripts(owner),
      oldActiveConfig(owner, "/hostroot/etc p\n"),
      oldNodeStatus(owner, a, true),
      oldNodeStatus(owner, b),
      oldFailureLog(owner, a, log),
      oldResult(owner, b, { log }),
    );
    for (const node of product.workers) {
      for (const [path, text] of Object.entries(oldHostFiles)) {
        await Deno.writeTextFile(nodes.hostRoot(node) + path, text);
      }
    }
    await old.startDaemons();
    using watched = watchNodes(product, "aide-");

    // Over: there is no Deployment to remove, as its pod would be none of ours.
    await product.startOperator();
    await allMovedOver(product, "worker");
    assertEquals(watched.overlaps, []);
    const complaints = product.faultLines("file-integrity-operator").map(({ text }) => text);
    assertEquals(complaints.filter((text) => !findings.test(text)), []);
    const told = await product.until("both baselines are told", async () => {
      const messages = await product.events("NodeBaseline");
      return messages.length === 2 && messages;
    });
    const absorbed = {
      [a]: (await product.status("worker", a))?.baseline?.absorbed?.note ?? "",
      [b]: (await product.status("worker", b))?.baseline?.absorbed?.note ?? "",
    };
    for (const [node, changed] of [[a, 1], [b, 3]] as const) {
      const failure =
        `was Failed \\(a:0,c:${changed},r:0 log:${namespace.name}/aide-worker-${node}-failed\\)`;
      assertMatch(absorbed[node] ?? "", new RegExp(failure));
      const message = told.find((one) => one.startsWith(`node ${node} `)) ?? "";
      assertMatch(message, /as another operator scanned it before: \d+ entries; the last verdict/);
      assertMatch(message, new RegExp(failure));
      // The record of the time before stays beside the new result.
      const { results = [] } = await product.status("worker", node) ?? {};
      assertEquals(results.map(({ condition }) => condition), ["Failed", "Succeeded"]);
      assertEquals((await product.get("cm", `aide-worker-${node}-failed`)).data.integritylog, log);
    }
    assertEquals(await product.get("cm", "aide-reinit"), undefined);
    assertEquals(await product.get("cm", `aide-worker-${b}`), undefined);
    const lease = await product.get("lease", "962a0cf2.openshift.io");
    assertMatch(lease.spec.holderIdentity, /^file-integrity-operator-\w+-\w+-/);
    assertEquals(lease.spec.leaseTransitions, 4);
    // Nothing of the host was touched, and what lies there from before is no change.
    for (const node of product.workers) {
      for (const [path, text] of Object.entries(oldHostFiles)) {
        if (path.endsWith("aide.log")) continue; // the old daemon's own, to its end
        assertEquals(await Deno.readTextFile(nodes.hostRoot(node) + path), text, path);
      }
    }
    await product.change(a, "/etc/resolv.conf");
    await product.untilResult("worker", a, "Failed");

    // Back: the steps leave nothing of ours that runs.
    await remove(product);
    await product.admin([
      ...["delete", "daemonset", "-l", "file-integrity.openshift.io/owner", "--cascade=foreground"],
    ]);
    assertEquals(nodes.containers(), []);
    assertEquals((await product.admin(["get", "deploy,ds,rs,pods", "-o", "name"])).trim(), "");
    await old.startDaemons();
    await old.writeStatus();
    await old.writeResults();
    await old.create(oldReinitDaemonSetWithoutPods(owner), ...oldScripts(owner));

    // And over again: the database of the first time is no baseline.
    const before = (await product.status("worker", a))?.metadata.annotations ?? {};
    await product.startOperator();
    await product.until("a is moved over once more", async () => {
      const notes = (await product.status("worker", a))?.metadata.annotations ?? {};
      return notes[annotations.movedOver] !== before[annotations.movedOver];
    });
    await allMovedOver(product, "worker");
    assertEquals((await product.status("worker", a))?.baseline?.absorbed, undefined);
    assertEquals(await product.get("ds", "aide-ini-worker"), undefined);
    const state = await Array.fromAsync(
      Deno.readDir(`${nodes.hostRoot(a)}/var/lib/file-integrity/worker`),
    );
    assert(state.some(({ name }) => name.startsWith("aide.db.gz.backup-")));
    assertEquals(watched.overlaps, []);
    const faults = product.faults(
      /"message":"(Failed|It absorbed|Absorbed|Files that)/,
      /^ERROR: ld\.so: .*aide_md5_guard/, // as the existing operator's own image has it
    );
    assertEquals(faults, []);
  },
  {
    withoutOperator: true,
    workers: [0, 1].map(() => `moving-${crypto.randomUUID().slice(0, 8)}`),
    program: (args) => isOld(args) ? ["sh", "-c", oldDaemon] : undefined,
  },
);

/** A re-init that reaches no node, as the test's kubelet can't run it. */
function oldReinitDaemonSetWithoutPods(owner: OldOwner): unknown {
  return oldReinitDaemonSet({ ...owner, nodeSelector: { "test.example/no-node": "" } });
}
