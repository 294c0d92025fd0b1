/** The operator dies after every single write of every plan: nothing is lost, nothing is done or told twice. */

import { assert, assertEquals } from "@std/assert";
import type { LastResult } from "../../../src/api/node_status.ts";
import { annotations } from "../../../src/api/labels.ts";
import { daemonSetName } from "../../../src/api/names.ts";
import { resources } from "../../../src/kube/resource.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { OperatorLives, type Snapshot } from "./operator_lives.ts";

/** Something that happens, up to where all of it is done. `round` is another one each time. */
interface Step {
  name: string;
  /** The FileIntegrity that it happens to. */
  to(round: number): string;
  happens(lives: OperatorLives, round: number, nodes: Nodes): Promise<void>;
  /** After it, before the next round. */
  after?(lives: OperatorLives, round: number): Promise<void>;
}

type Nodes = [string, string, string];

const failed = (round: number): Partial<LastResult> => ({
  condition: "Failed",
  filesChanged: 1,
  changes: {
    added: 0,
    changed: 1,
    removed: 0,
    total: 1,
    truncated: false,
    digest: `sha256:${round}`,
    items: [],
  },
});

const configuration = (round: number): Record<string, string> => ({
  "aide.conf": `/etc-${round} p+sha256\n`,
});

const steps: Step[] = [
  {
    name: "a FileIntegrity is made where another DaemonSet stands in the way",
    to: (round) => `made-${round}`,
    happens: async (lives, round, nodes) => {
      const name = `made-${round}`;
      const labels = { app: "another" };
      await lives.client.create(resources.daemonSets, {
        ...{ apiVersion: "apps/v1", kind: "DaemonSet" },
        metadata: { name: daemonSetName(name), namespace: lives.namespace.name },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              nodeSelector: { nobody: "" },
              containers: [{ name: "another", image: "another" }],
            },
          },
        },
      });
      await lives.apply(name);
      await lives.untilInitializing(name);
      for (const node of nodes) await lives.report(name, node);
    },
    after: async (lives, round) => {
      const address = { name: `made-${round}`, namespace: lives.namespace.name };
      await lives.client.delete(resources.fileIntegrities, address);
    },
  },
  {
    name: "a configuration is wanted that is refused, and then another one",
    to: () => "worker",
    happens: async (lives, round, nodes) => {
      const { status } = await lives.find(resources.fileIntegrities, "worker") ?? {};
      const address = { name: "mine", namespace: lives.namespace.name };
      const want = async (data: Record<string, string>): Promise<void> => {
        await lives.client.mergePatch(resources.configMaps, address, { data });
      };
      await want({ "aide.conf": `@@x_include /bin/sh .*\n/etc-${round} p\n` });
      await lives.until(
        "worker",
        "the configuration is refused",
        ({ fileIntegrity: { status: now } }) => now?.phase === "Error",
      );
      await want(configuration(round));
      await lives.until(
        "worker",
        "the configuration is active",
        ({ fileIntegrity: { status: now } }) =>
          now?.phase === "Initializing" && now.configDigest !== status?.configDigest,
      );
      for (const node of nodes) await lives.report("worker", node);
    },
  },
  {
    name: "two nodes and one that is not there are to be baselined anew",
    to: () => "worker",
    happens: async (lives, _round, [a, b]) => {
      await lives.annotate(resources.fileIntegrities, "worker", {
        [annotations.reInit]: `${a},${b},nowhere`,
      });
      await lives.untilAsked("worker", [a, b]);
      for (const node of [a, b]) await lives.report("worker", node);
    },
  },
  {
    name: "a node fails, and fails otherwise with the same counts, and is accepted as failed",
    to: () => "worker",
    happens: async (lives, round, [a]) => {
      for (const which of [round, round + 0.5]) {
        await lives.report("worker", a, failed(which));
        await lives.untilDone("worker");
      }
      await lives.annotate(resources.fileIntegrities, "worker", {
        [annotations.reInitOnFailed]: "",
      });
      await lives.untilAsked("worker", [a]);
      await lives.report("worker", a);
    },
  },
  {
    name: "a node goes, and another one of its name comes",
    to: () => "worker",
    happens: async (lives, _round, [, , c]) => {
      await lives.removeNode(c);
      await lives.untilDone("worker");
      await lives.addNode(c);
      await lives.untilInitializing("worker");
      await lives.report("worker", c);
    },
  },
  {
    name: "a node is held while it is updated, and baselined anew when that is done",
    to: () => "worker",
    happens: async (lives, round, [, b]) => {
      // An update is known by the second in which it begins.
      const began = Math.floor(Date.now() / 1000);
      await lives.until("worker", "another second begins", () => Date.now() / 1000 >= began + 1);
      await lives.annotate(resources.nodes, b, { [annotations.updating]: String(round) });
      await lives.until(
        "worker",
        "the node is held",
        ({ fileIntegrity: { status } }) => status?.nodes?.held === 1,
      );
      await lives.annotate(resources.nodes, b, { [annotations.updating]: null });
      await lives.untilAsked("worker", [b]);
      await lives.report("worker", b);
    },
  },
];

/** What is left of a round: the state, and what was told in it. */
interface Outcome {
  state: unknown;
  told: string[];
}

const without = (all: readonly string[], known: readonly string[]): string[] => {
  const rest = [...all];
  for (const one of known) rest.splice(rest.indexOf(one), 1);
  return rest;
};

async function carriedOut(
  lives: OperatorLives,
  step: Step,
  round: number,
  nodes: Nodes,
): Promise<Outcome> {
  const name = step.to(round);
  const uid = (is: Pick<Snapshot, "fileIntegrity"> | undefined): string =>
    is?.fileIntegrity.metadata.uid ?? "";
  const before = await lives.events(uid(await lives.look(name)) || "none");
  await step.happens(lives, round, nodes);
  const end = await lives.untilDone(name);
  const told = without(await lives.events(uid(end)), before);
  return { state: await lives.state(end), told };
}

clusterTest(
  "faults: the operator is killed after each write of each plan, and another one goes on",
  async (cluster) => {
    await using lives = await OperatorLives.start(cluster);
    const prefix = lives.namespace.name.slice(-8);
    const nodes: Nodes = [`${prefix}-a`, `${prefix}-b`, `${prefix}-c`];
    for (const node of nodes) await lives.addNode(node);
    const address = { name: "mine", namespace: lives.namespace.name };
    await lives.client.create(resources.configMaps, {
      ...{ apiVersion: "v1", kind: "ConfigMap", metadata: address, data: configuration(0) },
    });
    await lives.apply("worker", { name: "mine" });
    await lives.untilInitializing("worker");
    for (const node of nodes) await lives.report("worker", node);
    await lives.untilDone("worker");

    let round = 1;
    for (const step of steps) {
      const undisturbed = await carriedOut(lives, step, round++, nodes);
      const kill = async (writes: number, each: boolean): Promise<number> => {
        const { deaths } = lives;
        lives.killAfter(writes, each);
        const outcome = await carriedOut(lives, step, round, nodes);
        const how = `${step.name}; killed after ${each ? "every write" : `write ${writes}`}`;
        assertEquals(outcome, undisturbed, how);
        lives.killAfter(Infinity);
        await step.after?.(lives, round);
        round++;
        return lives.deaths - deaths;
      };
      let writes = 1;
      while (await kill(writes, false) > 0) writes++;
      const deaths = await kill(1, true);
      assert(writes > 5 && deaths > 5, step.name);
    }
    assertEquals([...lives.writes].sort(), [
      "create configmaps",
      "create daemonsets",
      "create events",
      "create fileintegritynodestatuses",
      "delete daemonsets",
      "delete fileintegritynodestatuses",
      "patch configmaps",
      "patch daemonsets",
      "patch fileintegrities",
      "patch fileintegrities/status",
      "patch fileintegritynodestatuses",
    ]);
  },
);
