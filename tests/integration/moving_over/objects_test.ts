import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations, labels } from "../../../src/api/labels.ts";
import { type OperatorAtWork, preparedTest } from "../operator/operator_at_work.ts";
import {
  oldActiveConfig,
  oldDaemonSet,
  oldFailureLog,
  oldNodeStatus,
  type OldOwner,
  oldReinitDaemonSet,
  oldResult,
  oldScripts,
} from "./old_objects.ts";

const firstLog = "the log of the first failure\n";
const newLog = "the log of what nobody has been told yet\n";

/** A namespace as the existing operator leaves it. */
class OldNamespace {
  private constructor(readonly operator: OperatorAtWork, readonly owner: OldOwner) {}

  static async of(
    operator: OperatorAtWork,
    name: string,
    spec: Record<string, unknown> = {},
    phase = "Active",
  ): Promise<OldNamespace> {
    await operator.apply(name, spec);
    const { metadata } = await operator.fileIntegrity(name);
    const old = new OldNamespace(operator, {
      ...{ name, namespace: operator.namespace.name, uid: metadata.uid ?? "" },
      nodeSelector: { [operator.label]: "" },
    });
    await operator.demand([
      ...["patch", "fileintegrity", name, "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status: { phase } })],
    ]);
    return old;
  }

  async create(...objects: unknown[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.operator.demand(["create", "-f", "-"], JSON.stringify(list));
  }

  async names(kind: string): Promise<string[]> {
    const text = await this.operator.demand(["get", kind, "-o", "name"]);
    return text.trim().split("\n").map((line) => line.replace(/^.*\//, ""))
      .filter((name) => name !== "" && name !== "kube-root-ca.crt");
  }
}

/** The DaemonSet's spec with what is another FileIntegrity's left out. */
async function specOf(operator: OperatorAtWork, name: string): Promise<string> {
  const { metadata } = await operator.fileIntegrity(name);
  const { spec } = await operator.get("ds", `aide-${name}`);
  return JSON.stringify(spec).replaceAll("--workers", "--threads")
    .replaceAll(metadata.uid ?? "", "UID").replaceAll(name, "NAME");
}

preparedTest("moving over: each object of the existing operator", async (operator, nodes) => {
  const [a, b, c] = nodes;
  const old = await OldNamespace.of(operator, "worker");
  const { owner } = old;
  const history = oldFailureLog(owner, a, firstLog);
  await old.create(
    oldDaemonSet(owner),
    oldDaemonSet(owner, "aide-ds-worker"),
    oldReinitDaemonSet(owner),
    oldReinitDaemonSet(owner, b),
    oldActiveConfig(owner, "@@define DBDIR /hostroot/etc/kubernetes\n/hostroot/etc p\n"),
    ...oldScripts(owner),
    oldNodeStatus(owner, a, true),
    oldNodeStatus(owner, b),
    history,
    // Each of the three kinds; a has a log already, c no status.
    oldResult(owner, a, { log: newLog }),
    oldResult(owner, b, { error: "AIDE error: 17 Invalid configureline error" }),
    oldResult(owner, c, { log: newLog }),
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "mine" }, data: { "aide.sh": "x" } },
  );
  const daemonSet = await operator.get("ds", "aide-worker");
  await operator.kubectl([
    ...["annotate", "fileintegrity", "worker", `${annotations.reInit}=${b}`],
    `${annotations.holdoff}=${c}`,
  ]);
  await operator.start();

  const status = await operator.until("worker is looked at", async () => {
    const found = await operator.fileIntegrity("worker");
    return found.status?.conditions !== undefined && found.status;
  });
  assertEquals([status.nodes?.initializing, status.nodes?.errored], [2, 1]);
  assertEquals(status.nodes?.stale, 0);
  for (const node of nodes) {
    const { metadata } = await operator.untilStatus("worker", node);
    assertEquals(metadata.annotations?.[annotations.reInitReason], "moved-over", node);
  }

  // Its own object, every field of it, as in a namespace that never had another operator.
  await operator.apply("fresh");
  await operator.until("fresh has its DaemonSet", () => operator.get("ds", "aide-fresh"));
  await operator.until(
    "the DaemonSet is ours",
    async () => await specOf(operator, "worker") === await specOf(operator, "fresh"),
  );
  assertEquals((await operator.get("ds", "aide-worker")).metadata.uid, daemonSet.metadata.uid);
  assertEquals(await old.names("ds"), ["aide-fresh", "aide-worker"]);

  // Results as the existing operator takes them in, no log lost, and each one told of.
  const [failed, errored, first] = await Promise.all(
    nodes.map((node) => operator.get("fins", `worker-${node}`)),
  );
  assertEquals(failed.lastResult.condition, "Failed");
  assertEquals(failed.lastResult.filesChanged, 3);
  assertMatch(
    failed.lastResult.resultConfigMapName,
    new RegExp(`^aide-worker-${a}-failed-\\d{8}t`),
  );
  assertEquals(errored.lastResult.condition, "Errored");
  assertEquals(errored.results[0], oldNodeStatus(owner, b).results[0]);
  assertEquals(first.lastResult.resultConfigMapName, `aide-worker-${c}-failed`);
  const logs = JSON.parse(
    await operator.demand(["get", "cm", "-l", labels.resultLog, "-o", "json"]),
  );
  const kept: Record<string, string> = Object.fromEntries(
    // deno-lint-ignore no-explicit-any
    logs.items.map(({ metadata, data }: any) => [metadata.name, data.integritylog]),
  );
  assertEquals(kept, {
    [`aide-worker-${a}-failed`]: firstLog,
    [failed.lastResult.resultConfigMapName]: newLog,
    [`aide-worker-${c}-failed`]: newLog,
  });
  for (const { metadata } of logs.items) assertEquals(metadata.ownerReferences, undefined);
  const { metadata, data } = await operator.get("cm", `aide-worker-${a}-failed`);
  assertEquals([metadata.labels, metadata.annotations, data], [
    history.metadata.labels,
    history.metadata.annotations,
    history.data,
  ]);
  assertEquals(
    (await old.names("cm")).sort(),
    [...Object.keys(kept), "fresh", "mine", "worker"].sort(),
  );

  const active = await operator.get("cm", "worker");
  assertEquals(active.metadata.annotations, undefined); // "updated" is gone
  assertMatch(active.data["aide.conf"], /database_in=/);

  const told = await operator.until("all is told", async () => {
    const messages = await operator.events("MovedOver");
    return messages.length === 5 && messages;
  });
  assertEquals(
    told.filter((message) => /took in .* Failed \(a:0,c:3,r:0 log:/.test(message)).length,
    2,
  );
  assertEquals(
    told.filter((message) => /took in .* Errored \(AIDE error: 17/.test(message)).length,
    1,
  );
  assert(
    told.some((message) => /^Removed.*aide-pause.*aide-ds-worker.*aide-ini-/.test(message)),
    told.join(),
  );

  // The requests: one is answered by the baseline that is taken anyway, a hold stays.
  const { annotations: asked } = (await operator.fileIntegrity("worker")).metadata;
  assertEquals(asked?.[annotations.holdoff], c);
  assertEquals(asked?.[annotations.reInit], undefined);
  assertEquals(first.metadata.annotations[annotations.holdoff], "requested");

  for (const node of nodes) await operator.report("worker", node, {}, { reason: "moved-over" });
  for (const node of nodes) await operator.report("fresh", node);
  await operator.untilPhase("worker", "Active");
  await operator.untilPhase("fresh", "Active");
  assertEquals(operator.complaints, []);

  // Once it is ours, nothing is looked up any more.
  const { end } = await operator.asked();
  await operator.kubectl(["annotate", "fileintegrity", "worker", `${annotations.holdoff}-`]);
  await operator.untilReason("worker", "NodesReporting", "AllReporting");
  const { calls } = await operator.asked(end);
  assertEquals(calls.filter((call) => /^(get|list) configmaps/.test(call)), []);
});

preparedTest(
  "moving over: the configuration that ran stays where the user's own is gone",
  async (operator, nodes) => {
    const config = { name: "gone", namespace: operator.namespace.name };
    const old = await OldNamespace.of(operator, "worker", { config });
    const refused = await OldNamespace.of(operator, "other", { config });
    await old.create(
      oldActiveConfig(
        old.owner,
        "@@define DBDIR /hostroot/etc/kubernetes\n/hostroot/usr p+sha256\n",
      ),
      oldActiveConfig(refused.owner, "@@x_include /hostroot/etc/rules.sh\n/hostroot/usr p\n"),
    );
    await operator.start();
    for (const name of ["worker", "other"]) {
      await operator.untilReason(name, "ConfigAccepted", "ConfigNotFound");
      await operator.untilStatus(name, nodes[0]);
      await operator.until(
        `${name} has a configuration`,
        async () => (await operator.fileIntegrity(name)).status?.configDigest !== undefined,
      );
    }
    const active = (await operator.get("cm", "worker")).data["aide.conf"];
    assertMatch(active, /^\/hostroot\/usr p\+sha256$/m);
    assert(!/CONTENTEX/.test(active), active);
    assertEquals(await operator.get("cm", "worker-before-moving-over"), undefined);
    assertMatch((await operator.get("cm", "other")).data["aide.conf"], /CONTENTEX/);
    assertMatch(
      (await operator.get("cm", "other-before-moving-over")).data["aide.conf"],
      /@@x_include/,
    );
    assertEquals(operator.complaints, []);
  },
);

preparedTest(
  "moving over: what is another FileIntegrity's, or nobody's, stays",
  async (operator) => {
    const worker = await OldNamespace.of(operator, "worker");
    const ini = await OldNamespace.of(operator, "ini-worker", { nodeSelector: { nobody: "" } });
    // It scans for ini-worker, under the name of a re-init of worker.
    await worker.create(
      oldDaemonSet(ini.owner),
      ...["aide-ini-else", "aide-ds-else"].map((name) => ({
        ...oldDaemonSet({ ...worker.owner, name: "else" }, name),
        metadata: { name },
      })),
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "aide-pause" }, data: { "a": "b" } },
    );
    const before = await operator.get("ds", "aide-ini-worker");
    await operator.start();
    for (const name of ["worker", "ini-worker"]) {
      await operator.until(
        `${name} is looked at`,
        async () => (await operator.fileIntegrity(name)).status?.conditions !== undefined,
      );
    }
    const after = await operator.get("ds", "aide-ini-worker");
    assertEquals(after.metadata.uid, before.metadata.uid);
    assertEquals(
      await worker.names("ds"),
      ["aide-ds-else", "aide-ini-else", "aide-ini-worker", "aide-worker"],
    );
    assert((await worker.names("cm")).includes("aide-pause"));
  },
);

preparedTest(
  "moving over: more results than a page of a list holds, each with a large log",
  async (operator, nodes) => {
    const old = await OldNamespace.of(operator, "worker");
    const log = "0123456789abcde\n".repeat(65_000); // 1 MB
    // Most nodes are gone since: their logs are kept all the same.
    const all = [...nodes, ...Array.from({ length: 20 }, (_, at) => `gone-${at}`)];
    for (const node of all) await old.create(oldResult(old.owner, node, { log }));
    await operator.start();
    await operator.until("no result is left", async () =>
      (await operator.demand([
        "get",
        "cm",
        "-l",
        "file-integrity.openshift.io/log",
        "-o",
        "name",
      ])) === "");
    const kept = await operator.demand(["get", "cm", "-l", labels.resultLog, "-o", "name"]);
    assertEquals(kept.trim().split("\n").length, all.length);
    for (const node of nodes) {
      await operator.until(
        `${node} has its result`,
        async () =>
          (await operator.get("fins", `worker-${node}`))?.lastResult?.condition === "Failed",
      );
    }
    assertEquals(operator.complaints, []);
  },
);
