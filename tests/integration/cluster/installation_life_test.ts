/** One installation from its first to its last day: applied, at work, upgraded, uninstalled by the documented commands. */

import { assert, assertEquals } from "@std/assert";
import { manifestNamespace as namespace } from "../../cluster/manifests.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { userBlocks } from "../../docs/document.ts";
import { sessionOf } from "../../docs/session.ts";
import { TestNodes } from "../../kubelet/test_nodes.ts";
import { runCommand } from "../../setup/run_command.ts";
import { until } from "./cluster_command.ts";
import { inventory } from "./inventory.ts";
import { withoutStalls } from "../api_stalls.ts";
import { ownControlPlane } from "./own_control_plane.ts";
import { usersKustomization } from "./users_kustomization.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const worker = { "node-role.kubernetes.io/worker": "" };

/** The documented commands to uninstall. */
async function documentedSteps(): Promise<string[]> {
  const blocks = (await userBlocks()).filter(({ section }) => section === "Uninstall");
  return blocks.flatMap(sessionOf).map(({ command }) => command.replace(/^kubectl /, ""));
}

clusterTest(
  "install: an installation comes, is upgraded, and goes; databases stay on the hosts, and nothing else",
  async (besides) => {
    await using plane = await ownControlPlane(besides, { bare: true });
    const { cluster } = plane;
    await using nodes = await TestNodes.start(cluster, {
      nodes: [
        { name: "control-plane" },
        ...["worker-1", "worker-2"].map((name) => ({ name, labels: worker })),
      ],
    });
    const kubectl = async (args: string[], stdin?: unknown): Promise<string> => {
      const { code, stdout, stderr } = await cluster.kubectl(args, {
        ...stdin !== undefined && { stdin: JSON.stringify(stdin) },
      });
      assertEquals([code, stderr], [0, ""], args.join(" "));
      return stdout;
    };
    const inNamespace = (...args: string[]): Promise<string> =>
      kubectl(["-n", namespace, ...args, "--timeout=180s"]);
    const list = async (kind: string): Promise<Any[]> =>
      JSON.parse(await kubectl(["get", kind, "-n", namespace, "-o", "json"])).items;
    const hostFiles = async (): Promise<string[]> => {
      const found = ["worker-1", "worker-2"].map((name) =>
        runCommand("find", [nodes.hostRoot(name)])
      );
      return (await Promise.all(found)).flatMap((paths) => paths.trim().split("\n")).sort();
    };
    const [before, filesBefore] = [await inventory(cluster), await hostFiles()];

    await using first = await usersKustomization("manifests", (one) => delete one.namespace);
    await kubectl(["apply", "-k", first.directory]);
    await inNamespace("rollout", "status", "deployment/file-integrity-operator");
    await kubectl(["apply", "-f", "-"], {
      ...{ apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity" },
      metadata: { name: "worker", namespace },
      spec: { nodeSelector: worker, config: { gracePeriod: 10 } },
    });
    await inNamespace("wait", "fileintegrity/worker", "--for=jsonpath={.status.phase}=Active");
    const baselines = async (): Promise<string[]> =>
      (await list("fileintegritynodestatuses")).map(({ nodeName, baseline }) =>
        `${nodeName} ${baseline.digest} ${baseline.created}`
      );
    const taken = await baselines();
    assertEquals(taken.length, 2);

    // The next version: its operator takes over, and has the daemons replaced.
    await using next = await usersKustomization("manifests", (one) => {
      delete one.namespace;
      one.images[0].newTag = "0.2.0";
    });
    await kubectl(["apply", "-k", next.directory]);
    await inNamespace("rollout", "status", "deployment/file-integrity-operator");
    const image = "registry.example/security/file-integrity-operator:0.2.0";
    const path = "jsonpath={.spec.template.spec.containers[0].image}";
    await inNamespace("wait", "daemonset/aide-worker", `--for=${path}=${image}`);
    await inNamespace("rollout", "status", "daemonset/aide-worker");
    const scans = async (): Promise<string[]> =>
      (await list("fileintegritynodestatuses")).map(({ lastResult }) => lastResult.lastProbeTime);
    const last = await scans();
    await until("both nodes are scanned again", async () => {
      const now = await scans();
      return now.every((time, at) => time !== last[at]);
    });
    assertEquals(await baselines(), taken);
    const images = (await list("pods")).map(({ spec }) => spec.containers[0].image);
    assertEquals(images, Array(3).fill(image));
    const events = await list("events");
    assertEquals(events.filter(({ reason }) => reason === "NodeBaseline").length, 2);

    const faults = withoutStalls(nodes.logFaults(), ({ entry }) => entry, {
      ...{ auditLog: cluster.auditLog, from: 0 },
    });
    assertEquals(faults.map(({ text }) => text), []);

    const steps = await documentedSteps();
    assertEquals(steps.length, 2);
    for (const step of steps) {
      await kubectl(step.replace("-k manifests", `-k ${next.directory}`).split(" "));
      // The daemons end first, with the operator still there.
      if (step === steps[0]) {
        assertEquals((await list("daemonsets,pods")).map(({ kind }) => kind), ["Pod"]);
      }
    }
    const left = (await inventory(cluster)).filter((name) => !before.includes(name));
    assertEquals(left, []);
    const filesLeft = (await hostFiles()).filter((path) => !filesBefore.includes(path));
    assert(filesLeft.some((path) => path.endsWith("/var/lib/file-integrity/worker/aide.db.gz")));
    const stray = /\/hosts\/worker-\d\/var\/lib(\/file-integrity(\/.*)?)?$/;
    assertEquals(filesLeft.filter((path) => !stray.test(path)), []);
  },
);
