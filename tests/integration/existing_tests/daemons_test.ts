/** Of the existing operator's end-to-end tests those of the daemons: their arguments, where they run, and when. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { type ExistingTest, existingTests } from "./shared_installation.ts";
import type { Subject } from "./subject.ts";

type Spec = Partial<NonNullable<FileIntegrity["spec"]>>;

const podNames = (subject: Subject): string[] => subject.pods.map(({ metadata }) => metadata.name);

/** Waits until the DaemonSet has an argument, and each node a pod with it that is ready and no other one. */
async function untilRolledOut(subject: Subject, argument: string): Promise<void> {
  await subject.until(`every pod has ${argument}`, () => {
    const { metadata, status } = subject.daemonSet ?? {};
    const wanted = subject.nodes.length;
    return subject.daemonArguments.includes(argument) &&
      status?.observedGeneration === metadata?.generation &&
      status?.updatedNumberScheduled === wanted && status.numberReady === wanted &&
      subject.pods.length === wanted &&
      subject.pods.every(({ spec }) => spec?.containers[0]?.args?.includes(argument));
  });
}

/** A change of the spec that changes an argument of the daemons. */
interface ArgumentChange extends Pick<ExistingTest, "name" | "about"> {
  before: { spec: Spec; argument: string };
  after: { spec: Spec; argument: string };
}

const argumentChanges: readonly ArgumentChange[] = [
  {
    name: "TestFileIntegrityChangeGracePeriod",
    about: "grace-period",
    before: { spec: { config: { gracePeriod: 20 } }, argument: "--interval=20" },
    after: { spec: { config: { gracePeriod: 30 } }, argument: "--interval=30" },
  },
  {
    name: "TestFileIntegrityChangeDebug",
    about: "debug",
    before: { spec: { debug: true }, argument: "--debug=true" },
    after: { spec: { debug: false }, argument: "--debug=false" },
  },
];

// There all pods are deleted at once; here they are replaced as the DaemonSet's strategy says. Baselines stay.
async function changeArgument(subject: Subject, { before, after }: ArgumentChange): Promise<void> {
  await subject.apply(before.spec);
  await untilRolledOut(subject, before.argument);
  await subject.untilSettled();
  const old = podNames(subject);
  const baselines = subject.nodes.map((node) => subject.status(node)?.baseline);
  await subject.apply(after.spec);
  await untilRolledOut(subject, after.argument);
  assertEquals(podNames(subject).filter((name) => old.includes(name)), []);
  assertEquals(subject.daemonArguments.includes(before.argument), false);
  // A daemon scans as soon as it has started.
  await subject.until(
    "each new pod has scanned",
    () =>
      subject.nodes.every((node) => {
        const pod = subject.pods.find(({ spec }) => spec?.nodeName === node);
        const { lastResult } = subject.status(node) ?? {};
        return lastResult?.condition === "Succeeded" &&
          Date.parse(lastResult.scan?.start ?? "") >=
            Date.parse(`${pod?.metadata.creationTimestamp}`);
      }),
  );
  assertEquals(subject.nodes.map((node) => subject.status(node)?.baseline), baselines);
}

const taintKey = "test.example/reserved";

async function tolerations(subject: Subject): Promise<void> {
  const [plain = "", tainted = ""] = subject.nodes;
  await subject.apply();
  await subject.untilResult(plain, "Succeeded");
  await subject.untilPhase("Active");
  assertEquals(subject.fileIntegrity?.status?.nodes?.desired, 1);
  assertEquals(subject.status(tainted), undefined);
  assertEquals(subject.pods.map(({ spec }) => spec?.nodeName), [plain]);
  await subject.apply({
    tolerations: [{ key: taintKey, operator: "Exists", effect: "NoSchedule" }],
  });
  await subject.untilResult(tainted, "Succeeded");
  await subject.untilSettled();
  const placed = [plain, tainted].sort().join();
  await subject.until(
    "there is a pod on both",
    () => subject.pods.map(({ spec }) => spec?.nodeName).sort().join() === placed,
  );
}

async function priorityClassName(subject: Subject): Promise<void> {
  const name = "system-node-critical";
  await subject.apply({ priorityClassName: name });
  await subject.untilSettled();
  assertEquals(subject.daemonSet?.spec?.template.spec?.priorityClassName, name);
  assertEquals(subject.pods.map(({ spec }) => spec?.priorityClassName), [name, name]);
  await subject.untilReason("SpecAsWritten", "AsWritten");
}

// There the operator clears the field of the user's spec. Here it stays as it is written, and a condition says that
// the pods run without it; the event is the same one.
async function invalidPriorityClassName(subject: Subject): Promise<void> {
  const name = "invalid-priority-class";
  await subject.apply({ priorityClassName: name });
  await subject.untilSettled();
  assertEquals(subject.fileIntegrity?.spec?.priorityClassName, name);
  assertEquals(subject.daemonSet?.spec?.template.spec?.priorityClassName, undefined);
  const message = await subject.untilReason("SpecAsWritten", "PriorityClassNotFound");
  assertMatch(message, /there is no priority class invalid-priority-class/);
  await subject.untilScanned();
  assertEquals(subject.events("PriorityClass"), [
    `Error while getting priority class '${name}', PriorityClass not found or invalid`,
  ]);
  assertEquals(subject.fileIntegrity?.spec?.priorityClassName, name);
}

// There the DaemonSet is made when the delay is over. Here daemons are there at once, and wait for it themselves, so
// that it holds for a node that comes later too; the phase is Pending until then.
async function initialDelay(subject: Subject): Promise<void> {
  const delay = 20;
  const [late = "", ...others] = subject.nodes;
  await subject.product.whileDown(late, async () => {
    await subject.apply({ config: { initialDelay: delay } });
    const message = await subject.untilReason("Ready", "InitialDelay");
    assertMatch(message, /waits for spec\.config\.initialDelay/);
    await subject.until("daemons wait", () => subject.containers().length === others.length);
    await subject.untilPhase("Initializing");
  });
  await subject.untilSettled();
  for (const node of subject.nodes) {
    const { metadata, baseline, lastResult } = subject.status(node) ?? {};
    const from = Date.parse(metadata?.creationTimestamp ?? "") + delay * 1_000;
    assert(Date.parse(lastResult?.scan?.start ?? "") >= from);
    assert(Date.parse(baseline?.created ?? "") >= from);
  }
  // Daemons reported nothing before it was over, and the phase told so.
  await subject.untilAllTold("FileIntegrityStatus", ["Pending", "Initializing", "Active"]);
}

existingTests("daemons", [
  ...argumentChanges.map((change): ExistingTest => ({
    ...{ name: change.name, about: change.about },
    run: (subject) => changeArgument(subject, change),
  })),
  {
    name: "TestFileIntegrityTolerations",
    about: "tolerations",
    nodes: [{}, { taints: [{ key: taintKey, value: "x", effect: "NoSchedule" }] }],
    run: tolerations,
  },
  { name: "TestFileIntegrityPriorityClassName", about: "priority", run: priorityClassName },
  {
    name: "TestFileIntegrityInvalidPriorityClassName",
    about: "invalid-priority",
    run: invalidPriorityClassName,
  },
  {
    name: "TestFileIntegrityInitialDelay",
    about: "delay",
    nodes: [{}, {}, {}],
    run: initialDelay,
  },
]);
