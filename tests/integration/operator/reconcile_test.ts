import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FileIntegritySpec, Toleration } from "../../../src/api/file_integrity.ts";
import { annotations, labels } from "../../../src/api/labels.ts";
import { type OperatorAtWork, operatorTest } from "./operator_at_work.ts";

async function activate(operator: OperatorAtWork, name: string, nodes: string[]): Promise<void> {
  for (const node of nodes) await operator.report(name, node);
  await operator.untilPhase(name, "Active");
}

operatorTest(
  "operator: a FileIntegrity becomes Active by way of Pending and Initializing, and settles",
  async (operator, nodes) => {
    await operator.apply("worker");
    await operator.untilPhase("worker", "Initializing");
    await activate(operator, "worker", nodes);
    assertEquals(
      await operator.events("FileIntegrityStatus"),
      ["Pending", "Initializing", "Active"],
    );
    assertEquals(
      (await operator.events("NodeIntegrityStatus")).sort(),
      nodes.map((node) => `no changes to node ${node}`),
    );
    const { status } = await operator.fileIntegrity("worker");
    assertEquals(status?.nodes, {
      ...{ desired: 3, succeeded: 3, failed: 0, errored: 0, initializing: 0, held: 0, stale: 0 },
    });
    // Settled: another report of the same leads to no write of the operator.
    await operator.until("the operator has nothing to do", async () => {
      const { end } = await operator.asked();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return (await operator.asked(end)).calls.length === 0;
    });
    const { end } = await operator.asked();
    for (const node of nodes) await operator.report("worker", node);
    await operator.apply("second", { nodeSelector: { nobody: "" } });
    await operator.untilReason("second", "NodesReporting", "NoNodes");
    const { calls } = await operator.asked(end);
    assertEquals(calls.filter((call) => /worker/.test(call)), []);
    assertEquals(operator.complaints, []);
  },
);

operatorTest(
  "operator: what is deleted or edited comes back, every field of it",
  async (operator, nodes) => {
    await operator.apply("worker");
    await activate(operator, "worker", nodes);
    const daemonSet = await operator.get("ds", "aide-worker");
    const configMap = await operator.get("cm", "worker");
    const same = async (what: string): Promise<void> => {
      await operator.until(what, async () => {
        const ds = await operator.get("ds", "aide-worker");
        const cm = await operator.get("cm", "worker");
        return ds !== undefined && cm !== undefined &&
          JSON.stringify(ds.spec) === JSON.stringify(daemonSet.spec) &&
          JSON.stringify(cm.data) === JSON.stringify(configMap.data) &&
          JSON.stringify(ds.metadata.labels) === JSON.stringify(daemonSet.metadata.labels) &&
          JSON.stringify(cm.metadata.labels) === JSON.stringify(configMap.metadata.labels) &&
          JSON.stringify(ds.metadata.ownerReferences) ===
            JSON.stringify(daemonSet.metadata.ownerReferences) &&
          JSON.stringify(cm.metadata.ownerReferences) ===
            JSON.stringify(configMap.metadata.ownerReferences);
      });
    };
    await operator.demand(["delete", "ds", "aide-worker"]);
    await same("the DaemonSet is there again");
    await operator.demand(["delete", "cm", "worker"]);
    await same("the ConfigMap is there again");
    await operator.demand(["label", "cm", "worker", `${labels.aideConf}-`, `${labels.owner}-`]);
    await same("the ConfigMap has its labels again, by which it is found");
    await operator.demand(["label", "ds", "aide-worker", `${labels.owner}=x`, "--overwrite"]);
    await same("the DaemonSet has its labels again");
    const remove = [{ op: "remove", path: "/metadata/ownerReferences" }];
    for (const kind of ["ds/aide-worker", "cm/worker"]) {
      await operator.demand(["patch", kind, "--type=json", "-p", JSON.stringify(remove)]);
      await same(`${kind} has its owner again`);
    }
    const template = "/spec/template/spec";
    const patches = [
      { op: "replace", path: `${template}/containers/0/image`, value: "evil" },
      { op: "replace", path: `${template}/containers/0/args/1`, value: "--interval=99999" },
      { op: "add", path: `${template}/containers/0/securityContext/privileged`, value: true },
      {
        op: "add",
        path: `${template}/containers/0/env/-`,
        value: { name: "LD_PRELOAD", value: "x" },
      },
      { op: "add", path: `${template}/containers/-`, value: { name: "more", image: "evil" } },
      { op: "add", path: `${template}/initContainers`, value: [{ name: "more", image: "evil" }] },
      { op: "add", path: `${template}/hostPID`, value: true },
      { op: "add", path: `${template}/hostNetwork`, value: true },
      { op: "remove", path: `${template}/containers/0/volumeMounts/0/readOnly` },
      { op: "add", path: `${template}/nodeSelector/somewhere`, value: "else" },
      { op: "remove", path: `${template}/tolerations` },
      { op: "add", path: `${template}/priorityClassName`, value: "system-node-critical" },
      { op: "replace", path: `${template}/containers/0/resources`, value: {} },
      { op: "replace", path: "/spec/updateStrategy", value: { type: "OnDelete" } },
      { op: "add", path: "/spec/template/metadata/annotations/by", value: "somebody" },
    ];
    for (const patch of patches) {
      // A patch that the API server refuses would prove nothing.
      const privileged = patch.path.endsWith("/privileged")
        ? [patch, {
          op: "replace",
          path: `${template}/containers/0/securityContext/allowPrivilegeEscalation`,
          value: true,
        }]
        : [patch];
      await operator.demand([
        "patch",
        "ds",
        "aide-worker",
        "--type=json",
        "-p",
        JSON.stringify(privileged),
      ]);
      await same(`${patch.path} is as it was`);
    }
    const data = { data: { "aide.conf": "!/", more: "x" } };
    await operator.demand(["patch", "cm", "worker", "--type=merge", "-p", JSON.stringify(data)]);
    await same("the ConfigMap holds the active configuration again");
    assertEquals(operator.complaints, []);
  },
);

operatorTest(
  "operator: the API server adds nothing to the DaemonSet that is not written out",
  async (operator) => {
    await operator.apply("worker", {
      priorityClassName: "system-node-critical",
      resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: 1 } },
      tolerations: [],
    });
    await operator.until("the DaemonSet is there", () => operator.get("ds", "aide-worker"));
    await operator.untilPhase("worker", "Initializing");
    await operator.until("it is settled", async () => {
      const { end } = await operator.asked();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return (await operator.asked(end)).calls.length === 0;
    });
    const { calls } = await operator.asked();
    assertEquals(calls.filter((call) => call === "patch daemonsets aide-worker"), []);
    const { generation } = (await operator.get("ds", "aide-worker")).metadata;
    assertEquals(generation, 1);
  },
);

operatorTest(
  "operator: each user configuration gets its condition, and the old one stays while it is not to be had",
  async (operator, nodes) => {
    await operator.apply("worker", {
      config: { name: "myconfig", namespace: operator.namespace.name, key: "config" },
    });
    assertMatch(
      await operator.untilReason("worker", "ConfigAccepted", "ConfigNotFound"),
      /myconfig does not exist/,
    );
    await activate(operator, "worker", nodes); // with the default policy
    const defaultText = (await operator.get("cm", "worker")).data["aide.conf"];
    const map = async (data: Record<string, string>): Promise<void> => {
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "myconfig" }, data };
      await operator.kubectl(["apply", "-f", "-"], "editor", JSON.stringify(object));
    };
    await map({ other: "x" });
    assertMatch(
      await operator.untilReason("worker", "ConfigAccepted", "ConfigKeyNotFound"),
      /its keys: other/,
    );
    await map({ config: "@@x_include /bin/sh .*\n/etc p\n" });
    assertMatch(
      await operator.untilReason("worker", "ConfigAccepted", "ConfigRefused"),
      /line 1: /,
    );
    await operator.untilPhase("worker", "Error");
    await map({ config: "/etc p+sha256+nonsense\n" });
    await operator.until(
      "the undefined group is named",
      async () =>
        /nonsense/.test(await operator.untilReason("worker", "ConfigAccepted", "ConfigRefused")),
    );
    assertEquals((await operator.get("cm", "worker")).data["aide.conf"], defaultText);
    await map({ config: "/etc p+sha256\n" });
    await operator.untilReason("worker", "ConfigAccepted", "UserConfig");
    await operator.until(
      "it is active",
      async () =>
        /\/hostroot\/etc p\+sha256/.test((await operator.get("cm", "worker")).data["aide.conf"]),
    );
    await operator.untilPhase("worker", "Initializing");
    await activate(operator, "worker", nodes);
    await operator.kubectl(["delete", "cm", "myconfig"]);
    await operator.untilReason("worker", "ConfigAccepted", "ConfigNotFound");
    assertMatch((await operator.get("cm", "worker")).data["aide.conf"], /p\+sha256/);
    await operator.apply("worker");
    await operator.untilReason("worker", "ConfigAccepted", "DefaultPolicy");
    await operator.until(
      "the default policy is back",
      async () => (await operator.get("cm", "worker")).data["aide.conf"] === defaultText,
    );
    assert((await operator.events("Configuration")).length >= 4);
  },
);

operatorTest(
  "operator: a configuration of another namespace is read where a Role allows it",
  async (operator) => {
    await using other = await operator.cluster.namespace("elsewhere");
    const config = { name: "theirs", namespace: other.name, key: "aide.conf" };
    await operator.demand([
      "create",
      "cm",
      "theirs",
      "-n",
      other.name,
      "--from-literal=aide.conf=/etc p",
    ]);
    await operator.apply("worker", { config });
    assertMatch(
      await operator.untilReason("worker", "ConfigAccepted", "ConfigForbidden"),
      /let a Role in namespace elsewhere-\w+ grant get, list and watch/,
    );
    await operator.demand([
      ...["create", "role", "reader", "-n", other.name, "--verb=get,list,watch"],
      ...["--resource=configmaps"],
    ]);
    await operator.demand([
      ...["create", "rolebinding", "reader", "-n", other.name, "--role=reader"],
      `--serviceaccount=${operator.namespace.name}:file-integrity-operator`,
    ]);
    await operator.untilReason("worker", "ConfigAccepted", "UserConfig");
  },
);

operatorTest(
  "operator: requests and holds reach the nodes by their status objects",
  async (operator, nodes) => {
    const [a, b, c] = nodes;
    await operator.apply("worker");
    await activate(operator, "worker", nodes);
    const note = async (node: string, key: string): Promise<string | undefined> =>
      (await operator.untilStatus("worker", node)).metadata.annotations?.[key];
    const annotate = (...notes: string[]): Promise<string> =>
      operator.kubectl(["annotate", "fileintegrity", "worker", "--overwrite", ...notes]);

    await annotate(`${annotations.reInit}=${a},nowhere`);
    await operator.until("a is asked", async () => await note(a, annotations.reInit));
    assertEquals(await note(b, annotations.reInit), undefined);
    await operator.until("the request is off the FileIntegrity", async () => {
      const { metadata } = await operator.fileIntegrity("worker");
      const notes = metadata.annotations ?? {};
      return !(annotations.reInit in notes) && !(annotations.reInitTaken in notes);
    });
    assertEquals(await operator.events("ReInit"), [
      "re-init: not scanned here, and ignored: nowhere",
    ]);
    await operator.untilPhase("worker", "Initializing");
    await operator.report("worker", a);
    await operator.untilPhase("worker", "Active");

    await operator.report("worker", b, { condition: "Failed", filesChanged: 1 });
    await annotate(`${annotations.reInitOnFailed}=`);
    await operator.until("b is asked", async () => await note(b, annotations.reInit));
    assertEquals(await note(c, annotations.reInit), undefined);
    await operator.report("worker", b);
    await operator.untilPhase("worker", "Active");

    await annotate(`${annotations.reInit}=`);
    for (const node of nodes) {
      await operator.until(`${node} is asked`, async () => {
        const status = await operator.untilStatus("worker", node);
        const id = status.metadata.annotations?.[annotations.reInit];
        return id !== undefined && id !== status.baseline?.requestID;
      });
    }
    await activate(operator, "worker", nodes);

    await annotate(`${annotations.holdoff}=${c}`);
    await operator.untilReason("worker", "NodesReporting", "NodesHeld");
    assertEquals(await note(c, annotations.holdoff), "requested");
    await annotate(`${annotations.holdoff}-`);
    await operator.until(
      "c is released",
      async () => await note(c, annotations.holdoff) === undefined,
    );
    assertEquals(operator.complaints, []);
  },
);

operatorTest("operator: nodes that go and come", async (operator, nodes) => {
  const [a] = nodes;
  await operator.apply("worker");
  await activate(operator, "worker", nodes);
  await operator.removeNode(a);
  await operator.until(
    "its status is gone",
    async () => await operator.get("fins", `worker-${a}`) === undefined,
  );
  await operator.addNodes([a]);
  const status = await operator.untilStatus("worker", a);
  assertEquals(status.metadata.annotations?.[annotations.reInitReason], "first");
  assertEquals(operator.complaints, []);
});

operatorTest(
  "operator: a priority class that does not exist is told, and the spec stays",
  async (operator, nodes) => {
    await operator.apply("worker", { priorityClassName: "not-there" });
    await operator.untilReason("worker", "SpecAsWritten", "PriorityClassNotFound");
    await activate(operator, "worker", nodes);
    assertEquals(await operator.events("PriorityClass"), [
      "Error while getting priority class 'not-there', PriorityClass not found or invalid",
    ]);
    const { spec } = await operator.fileIntegrity("worker");
    assertEquals(spec?.priorityClassName, "not-there");
    assertEquals(
      (await operator.get("ds", "aide-worker")).spec.template.spec.priorityClassName,
      undefined,
    );
  },
);

operatorTest("operator: long names work", async (operator, nodes) => {
  for (const length of [63, 100, 200, 253]) {
    const name = "n".repeat(length);
    await operator.apply(name);
    for (const node of nodes) await operator.report(name, node);
    await operator.untilPhase(name, "Active");
  }
  assertEquals(operator.complaints, []);
});

operatorTest(
  "operator: pods that the API server refuses are an Error with its words, and are made once they can be",
  async (operator, nodes) => {
    await operator.apply("worker");
    await activate(operator, "worker", nodes);
    // None of these is refused when it is applied.
    const tolerations: Toleration[] = [{ key: "bad key!", operator: "Exists" }];
    const impossible: Partial<FileIntegritySpec>[] = [
      { nodeSelector: { "bad key!": "x" } },
      { tolerations },
      { resources: { limits: { cpu: "-1" } } },
    ];
    for (const [at, spec] of impossible.entries()) {
      const name = `impossible-${at}`;
      await operator.apply(name, spec);
      const message = await operator.untilReason(name, "SpecAsWritten", "DaemonSetRefused");
      assertMatch(message, /spec\.template\.spec\..*(bad key!|-1)/);
      assertEquals(await operator.untilReason(name, "Ready", "DaemonSetRefused"), message);
      const { status, metadata } = await operator.untilPhase(name, "Error");
      assertEquals(status?.observedGeneration, metadata.generation);
      assert((await operator.events("DaemonSet")).includes(message));
    }
    // Of one that is at work the nodes stay as they are, and are told of.
    await operator.apply("worker", { tolerations, debug: true });
    await operator.untilReason("worker", "SpecAsWritten", "DaemonSetRefused");
    await operator.report("worker", nodes[0] ?? "", { condition: "Failed", filesChanged: 1 });
    await operator.untilReason("worker", "NodesUnchanged", "ChangesFound");
    await operator.apply("worker", { debug: true });
    await operator.untilReason("worker", "SpecAsWritten", "AsWritten");
    await operator.untilPhase("worker", "Active");
    assertMatch(JSON.stringify(await operator.get("ds", "aide-worker")), /--debug/);
    await operator.apply("impossible-0");
    await operator.untilPhase("impossible-0", "Initializing");
    // Said once of each spec.
    const refused = /^warning: The DaemonSet of FileIntegrity .* is refused: /;
    assertEquals(operator.complaints.filter((line) => refused.test(line)).length, 4);
    assertEquals(operator.complaints.filter((line) => !refused.test(line)), []);
  },
);
