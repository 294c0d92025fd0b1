/** The definitions of our kinds are updated again and again, while FileIntegrities come, change and go. */

import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { annotations } from "../../../src/api/labels.ts";
import { nodeStatusName } from "../../../src/api/names.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { Verdicts } from "../faults/verdicts.ts";
import { type AuditedCall, Installation } from "../product/installation.ts";
import { ownControlPlane } from "./own_control_plane.ts";

const directory = new URL("../../../crds/", import.meta.url);
const file = "/etc/resolv.conf";

// Of the FileIntegrities that are deleted.
const deleted = /"message":"The FileIntegrityNodeStatus is gone: /;

/** Our definitions, or those of a later version: with one more field that nobody needs. */
async function definitions(later: boolean): Promise<string> {
  const items: unknown[] = [];
  for (const kind of ["fileintegrities", "fileintegritynodestatuses"]) {
    const text = await Deno.readTextFile(
      new URL(`fileintegrity.openshift.io_${kind}.yaml`, directory),
    );
    // deno-lint-ignore no-explicit-any
    const crd: any = parse(text);
    for (const { schema: { openAPIV3Schema: { properties } } } of crd.spec.versions) {
      const place = kind === "fileintegrities" ? properties.spec.properties : properties;
      if (later) place.laterNote = { type: "string" };
    }
    items.push(crd);
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

clusterTest(
  "faults: the definitions are updated forth and back while FileIntegrities come, change and go",
  async (cluster) => {
    await using plane = await ownControlPlane(cluster);
    await using product = await Installation.start(plane.cluster);
    const { workers } = product;
    const changed = workers.slice(1);
    const apply = async (later: boolean): Promise<void> =>
      void await product.admin(
        ["apply", "--server-side", "-f", "-"],
        await definitions(later),
      );
    /** Waits until the watches that were on before `from` of the audit log have ended. */
    const watchesEnd = async (from: number): Promise<void> => {
      const ended = (calls: AuditedCall[], account: string, resource: string): number =>
        calls.filter((call) =>
          call.verb === "watch" && call.account === account && call.resource === resource
        ).length;
      await product.until("watches end", async () => {
        const { calls } = await product.calls(from);
        return ended(calls, "operator", "fileintegrities") > 0 &&
          ended(calls, "operator", "fileintegritynodestatuses") > 0 &&
          ended(calls, "daemon", "fileintegritynodestatuses") >= workers.length;
      });
    };
    const pods = (): string[] =>
      product.nodes.containers().map(({ pod, uid, restarts }) => `${pod} ${uid} ${restarts}`)
        .sort();

    await product.apply("worker");
    await product.untilPhase("worker", "Active");
    for (const node of workers) await product.untilResult("worker", node, "Succeeded");
    await using verdicts = await Verdicts.follow(product);
    const before = pods();
    assertEquals(before.length, workers.length + 1);

    let later = false;
    for (const [at, node] of changed.entries()) {
      const other = `other-${at}`;
      for (const step of ["change", "mend"]) {
        later = !later;
        const { end } = await product.calls();
        const act = async (): Promise<void> => {
          if (step === "change") return await product.change(node, file);
          const notes = [`${annotations.reInitOnFailed}=`];
          await product.kubectl(["annotate", "fileintegrity", "worker", ...notes]);
        };
        await Promise.all([apply(later), act()]);
        await watchesEnd(end);
        const verdict = await product.untilResult(
          "worker",
          node,
          step === "change" ? "Failed" : "Succeeded",
        );
        if (step === "mend") assertEquals(verdict.baseline?.absorbed?.changed, 1);
        await product.untilPhase("worker", "Active");
      }
      // One more comes and goes; a hold too.
      later = !later;
      await product.apply(other);
      await Promise.all([
        apply(later),
        product.kubectl(["annotate", "fileintegrity", "worker", `${annotations.holdoff}=${node}`]),
      ]);
      await product.untilReason("worker", "NodesReporting", "NodesHeld");
      await product.untilPhase(other, "Active");
      later = !later;
      await Promise.all([
        apply(later),
        product.kubectl(["annotate", "fileintegrity", "worker", `${annotations.holdoff}-`]),
        product.kubectl(["delete", "fileintegrity", other]),
      ]);
      await product.untilReason("worker", "NodesReporting", "AllReporting");
      await product.until(
        "what belonged to the other is gone",
        async () =>
          await product.get("ds", `aide-${other}`) === undefined &&
          await product.status(other, node) === undefined,
      );
      const note = { spec: { laterNote: `round ${at}` } };
      await apply(true);
      // A field that this operator does not know yet.
      await product.kubectl([
        ...["patch", "fileintegrity", "worker", "--type=merge"],
        ...["-p", JSON.stringify(note)],
      ]);
      await product.until("the operator has seen it", async () => {
        const { metadata, status } = await product.get("fileintegrity", "worker");
        return status.observedGeneration === metadata.generation;
      });
      await apply(later);
    }

    assertEquals(pods(), before);
    for (const node of workers) {
      const seen = verdicts.of(nodeStatusName("worker", node));
      const expected = changed.includes(node) ? ["Failed of 1", "Succeeded"] : [];
      assertEquals(seen, ["Succeeded", ...expected]);
    }
    const about = async (name: string, reason: string): Promise<string[]> => {
      const text = await product.kubectl([
        ...["get", "events", "--field-selector", `reason=${reason},involvedObject.name=${name}`],
        ...["-o", 'jsonpath={range .items[*]}{.message}{"\\n"}{end}'],
      ]);
      return text.trim().split("\n");
    };
    const told = await about("worker", "NodeIntegrityStatus");
    assertEquals(told.length, workers.length + 2 * changed.length, told.join("\n"));
    const baselines = await about("worker", "NodeBaseline");
    assertEquals(baselines.length, workers.length + changed.length, baselines.join("\n"));
    const phases = await about("worker", "FileIntegrityStatus");
    assert(phases.every((phase, at) => phase !== phases[at - 1]), phases.join());
    const found = /"message":"(Failed|It absorbed|Absorbed)/;
    assertEquals(product.faults(found, deleted), []);
  },
);
