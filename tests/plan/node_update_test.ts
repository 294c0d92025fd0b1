import { assertEquals } from "@std/assert";
import { type NodeUpdate, nodeUpdate, type UpdateMarks } from "../../src/plan/node_update.ts";

const key = "file-integrity.openshift.io/updating";
const mco = (current: string, desired: string, state: string): UpdateMarks["annotations"] => ({
  "machineconfiguration.openshift.io/currentConfig": current,
  "machineconfiguration.openshift.io/desiredConfig": desired,
  "machineconfiguration.openshift.io/state": state,
});

const cases: Record<string, [Partial<UpdateMarks>, NodeUpdate]> = {
  "nothing is known": [{}, { state: "idle" }],
  "done": [{ annotations: mco("a", "a", "Done") }, { state: "idle", version: "a" }],
  "wished for": [{ annotations: mco("a", "b", "Done") }, { state: "updating", version: "a" }],
  "at work": [{ annotations: mco("a", "b", "Working") }, { state: "updating", version: "a" }],
  "a word of a later version": [
    { annotations: mco("a", "b", "Rebooting") },
    { state: "updating", version: "a" },
  ],
  "written, and not done": [
    { annotations: mco("b", "b", "Working") },
    { state: "updating", version: "b" },
  ],
  "degraded": [{ annotations: mco("a", "b", "Degraded") }, { state: "degraded", version: "a" }],
  "unreconcilable": [
    { annotations: mco("a", "b", "Unreconcilable") },
    { state: "degraded", version: "a" },
  ],
  "an annotation is missing": [
    { annotations: { "machineconfiguration.openshift.io/currentConfig": "a" } },
    { state: "idle" },
  ],
  "marked by an annotation": [{ annotations: { [key]: "kured" } }, { state: "updating" }],
  "marked by a taint": [{ taints: [{ key, effect: "NoSchedule" }] }, { state: "updating" }],
  "marked, and done by the other": [
    { annotations: { ...mco("a", "a", "Done"), [key]: "" } },
    { state: "updating", version: "a" },
  ],
};

for (const [name, [marks, update]] of Object.entries(cases)) {
  Deno.test(`node update: ${name}`, () => {
    assertEquals(nodeUpdate({ annotations: {}, taints: [], ...marks }), update);
  });
}
