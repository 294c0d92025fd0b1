/** The CustomResourceDefinitions are applied anew, with more in them, while operator and daemons are at work. */

import { assertEquals } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import { annotations } from "../../../src/api/labels.ts";
import { auditEntries } from "../../cluster/audit_log.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { findings, outage } from "../faults/expected_warnings.ts";
import { Verdicts } from "../faults/verdicts.ts";
import { Installation } from "../product/installation.ts";
import { ownControlPlane } from "./own_control_plane.ts";

const directory = new URL("../../../crds/", import.meta.url);

/** The definitions of this version, or those of another one that knows a field more. */
async function definitions(more: boolean): Promise<string> {
  const texts: string[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    if (!name.endsWith(".yaml")) continue;
    // deno-lint-ignore no-explicit-any
    const definition: any = parse(await Deno.readTextFile(new URL(name, directory)));
    const { properties } = definition.spec.versions[0].schema.openAPIV3Schema;
    if (more) (properties.spec?.properties ?? properties).note = { type: "string" };
    texts.push(stringify(definition));
  }
  return texts.join("---\n");
}

/** Watches of the product's kinds that began since `from` of the audit log: whose, of what. */
async function watches(product: Installation, from: number): Promise<Set<string>> {
  const { entries } = await auditEntries(product.cluster.auditLog, from);
  const prefix = `system:serviceaccount:${product.namespace.name}:file-integrity-`;
  const begun = entries.filter((
    { user, verb, stage, objectRef, responseStatus },
  ) =>
    verb === "watch" && stage === "ResponseStarted" && responseStatus?.code === 200 &&
    user.username.startsWith(prefix) && objectRef?.apiGroup === "fileintegrity.openshift.io"
  ).map(({ user: { extra }, objectRef: { resource } }) =>
    `${extra?.["authentication.kubernetes.io/node-name"]?.[0]} ${resource}`
  );
  return new Set(begun);
}

async function applyAll(cluster: TestCluster, more: boolean): Promise<void> {
  const { code, stderr } = await cluster.kubectl(
    ["apply", "--server-side", "--force-conflicts", "-f", "-"],
    { stdin: await definitions(more) },
  );
  assertEquals(code, 0, stderr);
}

clusterTest(
  "faults: the definitions are updated under operator and daemons, which go on with new watches",
  async (besides) => {
    await using plane = await ownControlPlane(besides);
    await using product = await Installation.start(plane.cluster);
    const [a = "", b = "", c = ""] = product.workers;
    await product.apply("worker");
    await product.untilPhase("worker", "Active");
    for (const node of [a, b, c]) await product.untilResult("worker", node, "Succeeded");
    await using verdicts = await Verdicts.follow(product);
    const all = [
      ...product.workers.map((node) => `${node} fileintegritynodestatuses`),
      `${product.operatorNode} fileintegrities`,
      `${product.operatorNode} fileintegritynodestatuses`,
    ].sort();
    const note = (value: string | null): string => JSON.stringify({ spec: { note: value } });
    const noted = async (value: string): Promise<boolean> => {
      await product.kubectl([
        "patch",
        "fileintegrity",
        "worker",
        "--type=merge",
        "-p",
        note(value),
      ]);
      return (await product.get("fileintegrity", "worker")).spec.note === value;
    };

    let told = 3;
    for (const [more, node] of [[true, a], [false, b]] as const) {
      const { end } = await product.calls();
      await product.change(node, "/etc/resolv.conf");
      await applyAll(plane.cluster, more);
      await product.until(
        "everybody watches anew",
        async () => (await watches(product, end)).size === all.length,
      );
      assertEquals([...await watches(product, end)].sort(), all);
      await product.until("the field is there, or not", async () => await noted("mine") === more);
      await product.untilResult("worker", node, "Failed");
      await product.until("it is told", async () => {
        return (await product.events("NodeIntegrityStatus")).length === told + 1;
      });
      await product.kubectl([
        "annotate",
        "fileintegrity",
        "worker",
        `${annotations.reInit}=${node}`,
      ]);
      await product.untilResult("worker", node, "Succeeded");
      await product.until("it is told", async () => {
        return (await product.events("NodeIntegrityStatus")).length === told + 2;
      });
      told += 2;
      const { spec } = await product.untilPhase("worker", "Active");
      assertEquals((spec as { note?: string }).note, more ? "mine" : undefined);
    }
    for (const node of [a, b]) {
      const seen = ["Succeeded", "Failed of 1", "Succeeded"];
      assertEquals(verdicts.of(`worker-${node}`), seen);
    }
    assertEquals(verdicts.of(`worker-${c}`), ["Succeeded"]);
    assertEquals((await product.events("NodeBaseline")).length, 3 + 2);
    assertEquals(product.nodes.containers().filter(({ restarts }) => restarts > 0), []);
    assertEquals(product.faults(findings, ...outage), []);
  },
);
