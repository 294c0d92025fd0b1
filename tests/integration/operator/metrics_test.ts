/** What the operator tells Prometheus, at work on a real API server. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { fioMetricsPort, metricsPort } from "../../../src/api/ports.ts";
import { annotations } from "../../../src/api/labels.ts";
import { productCounters } from "../../../src/metrics/product_metrics.ts";
import { OperatorMetrics } from "../../../src/operator/operator_metrics.ts";
import type { OperatorParts, OperatorWork } from "../../../src/operator/parts.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { type Running, start } from "../../cli/program.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { loopbackAddress } from "../../loopback_address.ts";
import { MountedSecret } from "../../metrics/mounted_secret.ts";
import { ScrapeConnection } from "../../metrics/scrape_connection.ts";
import { Exposition } from "../../prometheus/exposition.ts";
import { checkMetrics } from "../../prometheus/promtool.ts";
import { ThrowawayAuthority } from "../throwaway_authority.ts";
import { OperatorAtWork, preparedTest } from "./operator_at_work.ts";
import { operatorKubeconfig } from "./operator_kubeconfig.ts";

const fio = "file_integrity_operator_";

/** The metrics of one operator, and the parts by which it tells them. */
class Measured {
  readonly metrics: OperatorMetrics;
  looks = 0;
  #work: OperatorWork | undefined;

  constructor() {
    this.metrics = new OperatorMetrics({
      ...{ clock: systemClock, leaseName: "lease", leading: () => true, work: () => this.#work },
    });
  }

  get parts(): Partial<OperatorParts> {
    return {
      onWork: (work) => this.#work = work,
      onCounts: (counts) => this.metrics.count(counts),
      onLooked: (run) => {
        this.looks++;
        this.metrics.looked(run);
      },
    };
  }

  async product(): Promise<Exposition> {
    return new Exposition(await this.metrics.product());
  }
}

/** The counters that are not 0: without the prefix, with their labels. */
function counted({ samples }: Exposition): Record<string, number> {
  return Object.fromEntries(
    samples.filter(({ name, value }) => name in productCounters && value > 0)
      .map(({ name, labels, value }) => {
        const words = Object.entries(labels).map(([key, one]) => `${key}=${one}`);
        return [[name.replace(fio, ""), ...words].join(" "), value];
      }),
  );
}

const changes = { added: 2, changed: 1, removed: 0, digest: "x", truncated: false, items: [] };
const failed = { condition: "Failed", filesAdded: 2, filesChanged: 1, changes } as const;
const errored = { condition: "Errored", errorReason: "disk-full", errorMessage: "it is" } as const;

/** Waits until the operator has asked the API server for nothing in a second; gives the end of the audit log. */
async function settled(operator: OperatorAtWork): Promise<number> {
  return await operator.until("the operator has nothing to do", async () => {
    const { end } = await operator.asked();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    return (await operator.asked(end)).calls.length === 0 && end;
  });
}

/** Names of the events that the operator told; the cluster's own controllers tell of pods and DaemonSets whenever. */
const events = async (operator: OperatorAtWork): Promise<string> =>
  await operator.demand([
    ...["get", "events", "--field-selector", "involvedObject.kind=FileIntegrity"],
    ...["-o", "jsonpath={.items[*].metadata.name}"],
  ]);

preparedTest(
  "metrics: a new operator tells of failed nodes from its first text on, and counts and writes nothing for that",
  async (operator, [a, b, c]) => {
    const first = new Measured();
    await operator.start(first.parts);
    await operator.apply("worker");
    await operator.untilPhase("worker", "Initializing"); // it may be skipped where all report at once
    await operator.report("worker", a);
    await operator.report("worker", b, failed);
    await operator.report("worker", c, failed);
    await operator.until("c is counted", async () => {
      const { failed } = (await operator.fileIntegrity("worker")).status?.nodes ?? {};
      return failed === 2;
    });
    await operator.report("worker", c, errored);
    await operator.untilPhase("worker", "Error");
    await settled(operator);
    assertEquals(counted(await first.product()), {
      "phase_total phase=Pending": 1,
      "phase_total phase=Initializing": 1,
      "phase_total phase=Active": 1,
      "phase_total phase=Error": 1,
      "error_total error=NodeErrors": 1,
      "daemonset_update_total operation=update": 1,
      [`node_status_total fileintegrity=worker condition=Succeeded node=${a}`]: 1,
      [`node_status_total fileintegrity=worker condition=Failed node=${b}`]: 1,
      [`node_status_total fileintegrity=worker condition=Failed node=${c}`]: 1,
      [`node_status_total fileintegrity=worker condition=Errored node=${c}`]: 1,
      [`node_status_error_total fileintegrity=worker error=disk-full node=${c}`]: 1,
    });

    const told = await events(operator);
    assertNotEquals(told, "");
    await operator.stop();
    const { end } = await operator.asked();
    const second = new Measured();
    await operator.start(second.parts);
    const text = await operator.until("its caches are there", async () => {
      const text = await second.product();
      const synced = text.value(`${fio}caches_synced`);
      // Never half of it.
      if (synced === 0) assertEquals(text.of(`${fio}node_failed`), []);
      return synced === 1 && text;
    });
    const values = (name: string): (number | undefined)[] =>
      [a, b, c].map((node) => text.value(`${fio}${name}`, { fileintegrity: "worker", node }));
    assertEquals(values("node_failed"), [0, 1, 1]);
    assertEquals(values("node_errored"), [0, 0, 1]);
    assertEquals(text.of(`${fio}node_errored`, { reason: "disk-full" }).length, 1);
    assertEquals(values("node_initializing"), [0, 0, 0]);
    const change = { fileintegrity: "worker", node: b, kind: "added" };
    assertEquals(text.value(`${fio}node_last_scan_changes`, change), 2);
    assertEquals(text.value(`${fio}phase`, { fileintegrity: "worker", phase: "Error" }), 1);
    const ready = { fileintegrity: "worker", type: "Ready" };
    assertEquals(
      text.of(`${fio}condition`, ready).map(({ labels, value }) => [labels.status, value]),
      [["True", 0], ["False", 1], ["Unknown", 0]],
    );
    assertEquals(await checkMetrics(text.text), { code: 0, said: "" });

    await operator.until("it has looked", () => Promise.resolve(second.looks > 0));
    await settled(operator);
    assertEquals(counted(await second.product()), {});
    assertEquals(await events(operator), told);
    const { calls } = await operator.asked(end);
    assertEquals(calls.filter((call) => !/^(list|watch|get) /.test(call)), []);
    assertEquals(operator.complaints, []);
  },
);

preparedTest(
  "metrics: a node, or a FileIntegrity, that is deleted has no series any more",
  async (operator, [a, b, c]) => {
    const measured = new Measured();
    await operator.start(measured.parts);
    for (const name of ["one", "two"]) {
      await operator.apply(name);
      for (const node of [a, b, c]) await operator.report(name, node, node === b ? failed : {});
      await operator.untilPhase(name, "Active");
    }
    const has = (text: Exposition, labels: Record<string, string>): string[] =>
      text.samples.filter((one) =>
        Object.entries(labels).every(([key, value]) => one.labels[key] === value)
      ).map(({ name }) => name.replace(fio, ""));
    const ofNode = { fileintegrity: "one", node: b };
    await operator.until("b is counted", async () => {
      const names = has(await measured.product(), ofNode);
      return names.includes("node_status_total") && names.includes("node_failed");
    });
    await operator.removeNode(b);
    const without = await operator.until("b has no series", async () => {
      const text = await measured.product();
      return has(text, { node: b }).length === 0 && text;
    });
    assert(has(without, { node: a }).includes("node_status_total"));

    await operator.kubectl(["delete", "fileintegrity", "two"]);
    const left = await operator.until("two has no series", async () => {
      const text = await measured.product();
      return has(text, { fileintegrity: "two" }).length === 0 && text;
    });
    assertEquals(left.value(`${fio}node_failed`, { fileintegrity: "one", node: a }), 0);
    // Not even one that is counted when all is gone.
    await operator.kubectl(["delete", "fileintegrity", "one"]);
    await operator.until("nothing is left", async () => {
      const text = await measured.product();
      return text.samples.every(({ labels }) => labels.fileintegrity === undefined);
    });
    await settled(operator);
    const last = await measured.product();
    assertEquals(has(last, { fileintegrity: "one" }), []);
    assertEquals(operator.complaints, []);
  },
);

preparedTest(
  "metrics: requests and holds of an administrator are counted, and seen node by node",
  async (operator, [a, b, c]) => {
    const measured = new Measured();
    await operator.start(measured.parts);
    await operator.apply("worker");
    for (const node of [a, b, c]) await operator.report("worker", node);
    await operator.untilPhase("worker", "Active");
    const value = async (name: string, labels: Record<string, string>) =>
      (await measured.product()).value(`${fio}${name}`, { fileintegrity: "worker", ...labels });

    await operator.kubectl(["annotate", "fileintegrity", "worker", `${annotations.reInit}=${a}`]);
    await operator.until(
      "a is asked",
      async () => await value("node_initializing", { node: a }) === 1,
    );
    await operator.report("worker", a);
    await operator.untilPhase("worker", "Active");
    await operator.kubectl(["annotate", "fileintegrity", "worker", `${annotations.holdoff}=${b}`]);
    await operator.until("b is held", async () => await value("node_held", { node: b }) === 1);
    const since = await value("node_held_since_timestamp_seconds", { node: b });
    assert(Math.abs((since ?? 0) - Date.now() / 1000) < 300, `since ${since}`);
    assertEquals(await value("node_held", { node: a }), 0);
    await operator.kubectl(["annotate", "fileintegrity", "worker", `${annotations.holdoff}-`]);
    await operator.until("b is free", async () => await value("node_held", { node: b }) === 0);
    assertEquals(await value("node_held_since_timestamp_seconds", { node: b }), undefined);
    const counts = counted(await measured.product());
    const reinit = Object.entries(counts).filter(([key]) => /^(re-?init|pause|unpause)/.test(key));
    assertEquals(Object.fromEntries(reinit), {
      "reinit_total fileintegrity=worker by=demand node=": 1,
    });
  },
);

/** Names of the gauges that a text has, without the prefix. */
function gauges({ samples }: Exposition): string[] {
  const names = samples.map(({ name }) => name).filter((name) => !(name in productCounters));
  return [...new Set(names)].map((name) => name.replace(fio, "")).sort();
}

clusterTest(
  "metrics: of two processes the leader tells of the objects; each port lets in whom the API server lets in",
  async (cluster) => {
    await using operator = await OperatorAtWork.prepare(cluster);
    const { namespace } = operator;
    const node = `${namespace.name.slice(-8)}-a`;
    await operator.addNodes([node]);
    const kubeconfig = await operatorKubeconfig(cluster, namespace);
    const [first, second] = [loopbackAddress(), loopbackAddress()];
    const authority = await ThrowawayAuthority.make();
    await using secret = await MountedSecret.mount();
    const pair = await authority.server(`IP:${first},IP:${second}`);
    await secret.set({ "tls.crt": pair.cert, "tls.key": pair.key });
    const begin = async (address: string, ...more: string[]): Promise<Running> => {
      const args = [`--kubeconfig=${kubeconfig}`, `--namespace=${namespace.name}`];
      return await start([
        ...["operator", ...args, "--image=image", `--bind-address=${address}`],
        ...[`--cert-dir=${secret.directory}`, ...more],
      ], { asProduct: true });
    };
    const token = await namespace.token("operator-metrics");
    const ask = async (
      address: string,
      port: number,
      path: string,
      sent: string | undefined = token,
    ): Promise<{ status: number; text: string }> => {
      const ca = address === second && port === metricsPort ? undefined : authority.ca;
      using connection = await ScrapeConnection.open(address, port, ca);
      return await connection.ask(path, sent === "" ? {} : { authorization: `Bearer ${sent}` });
    };
    /** What is answered once the API server could be asked who that is, which a busy one leaves open for a while. */
    const judged: typeof ask = async (...asked) =>
      await operator.until("the API server says who asks", async () => {
        const answer = await ask(...asked);
        return answer.status !== 503 && answer;
      });
    const scrape = async (address: string, path = "/metrics-fio"): Promise<Exposition> =>
      new Exposition((await judged(address, fioMetricsPort, path)).text);

    await using leader = await begin(first);
    const served = ({ stderr }: Running): boolean => /Metrics are served on /.test(stderr);
    const leads = ({ stderr }: Running): boolean => / FileIntegrities in namespace /.test(stderr);
    await leader.until("metrics are served", served);
    await leader.until("it has caches", leads);
    await operator.until("the account may scrape", async () => {
      const { status } = await ask(first, fioMetricsPort, "/metrics-fio");
      if (status === 200) return true;
      assert(status === 403 || status === 503, String(status));
      await new Promise((resolve) => setTimeout(resolve, 1_000)); // that it may not holds for 10 s
    });
    await operator.apply("worker");
    await operator.report("worker", node, failed);
    await operator.until("the leader tells of the node", async () => {
      return (await scrape(first)).value(`${fio}node_failed`, { node }) === 1;
    });
    const machinery = await scrape(first, "/metrics");
    assertEquals(machinery.value("leader_election_master_status"), 1);
    assertEquals(machinery.value(`${fio}informer_lists_total`, { resource: "nodes" }), 1);
    const reviews = machinery.of(`${fio}api_requests_total`, { resource: "tokenreviews" });
    assertEquals(reviews.map(({ labels }) => labels.code), ["201"]);
    assert(
      (machinery.value(`${fio}reconcile_duration_seconds_count`, { result: "success" }) ?? 0) > 0,
    );

    await using standby = await begin(second, "--plain-metrics");
    await standby.until("metrics are served", served);
    await standby.until("it sees a leader", ({ stderr }) => /The leader is /.test(stderr));
    for (const address of [first, second]) {
      for (const port of [metricsPort, fioMetricsPort]) {
        const plain = address === second && port === metricsPort;
        for (const path of ["/metrics", "/metrics-fio"]) {
          const statuses = [];
          for (const sent of [token, "", "made-up", await namespace.token("viewer")]) {
            statuses.push((await judged(address, port, path, sent)).status);
          }
          const expected = plain ? [200, 200, 200, 200] : [200, 401, 401, 403];
          assertEquals(statuses, expected, `${address}:${port}${path}`);
        }
      }
    }
    const waiting = await scrape(second);
    assertEquals(gauges(waiting), ["build_info", "caches_synced", "leader"]);
    assertEquals(waiting.value(`${fio}leader`), 0);
    assertEquals((await scrape(second, "/metrics")).value("leader_election_master_status"), 0);

    leader.kill("SIGTERM");
    const ended = await leader.end();
    assertEquals(ended.code, 0, ended.stderr);
    await standby.until("it leads", leads);
    const next = await scrape(second);
    assertEquals([next.value(`${fio}leader`), next.value(`${fio}caches_synced`)], [1, 1]);
    assertEquals(next.value(`${fio}node_failed`, { node }), 1);
    standby.kill("SIGTERM");
    const { code, stderr } = await standby.end();
    assertEquals(code, 0, stderr);
    for (const sent of [token, "made-up"]) {
      assertEquals(`${ended.stderr}${stderr}`.includes(sent), false);
    }
  },
);
