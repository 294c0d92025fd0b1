import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { validateFileIntegrity } from "../../../src/api/validate.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { type Answer, apiCaller, fileIntegritiesPath, nodeStatusesPath } from "./api_caller.ts";
import { createFileIntegrity, makeNodeStatus } from "./test_objects.ts";
import { refusedFields, sameField } from "./refused_fields.ts";

interface Case {
  spec?: unknown;
  metadata?: object;
  /** The field, in the words of the API server. */
  field: string;
  /** Part of what the API server says of it. */
  reason: string;
}

const toleration = (one: unknown): unknown => ({ config: {}, tolerations: [{ key: "a" }, one] });
const resources = (one: unknown): unknown => ({ config: {}, resources: one });

const cases: Record<string, Case> = {
  "no config": { spec: {}, field: "spec.config", reason: "Required value" },
  "a config without value": { spec: { config: null }, field: "spec.config", reason: "Required" },
  "a text for spec": { spec: "x", field: "spec", reason: "must be of type object" },
  "a list for config": { spec: { config: [] }, field: "spec.config", reason: "of type object" },
  "a quoted number": {
    spec: { config: { gracePeriod: "20" } },
    field: "spec.config.gracePeriod",
    reason: `must be of type integer: "string"`,
  },
  "a broken number": {
    spec: { config: { maxBackups: 1.5 } },
    field: "spec.config.maxBackups",
    reason: "must be of type integer",
  },
  "a number beyond 64 bits": {
    spec: { config: { initialDelay: 2 ** 63 } },
    field: "spec.config.initialDelay",
    reason: "must be of type integer",
  },
  "a number for a name": {
    spec: { config: { name: 5 } },
    field: "spec.config.name",
    reason: "must be of type string",
  },
  "a quoted truth value": {
    spec: { config: {}, debug: "false" },
    field: "spec.debug",
    reason: "must be of type boolean",
  },
  "a label value without quotes": {
    spec: { config: {}, nodeSelector: { worker: true } },
    field: "spec.nodeSelector.worker",
    reason: "must be of type string",
  },
  "a list of labels": {
    spec: { config: {}, nodeSelector: ["worker"] },
    field: "spec.nodeSelector",
    reason: "must be of type object",
  },
  "one toleration without a list": {
    spec: { config: {}, tolerations: { key: "a" } },
    field: "spec.tolerations",
    reason: "must be of type array",
  },
  "a misspelt effect": {
    spec: toleration({ key: "a", effect: "NoShedule" }),
    field: "spec.tolerations[1].effect",
    reason: `supported values: "", "NoSchedule", "PreferNoSchedule", "NoExecute"`,
  },
  "a misspelt operator": {
    spec: toleration({ key: "a", operator: "exists" }),
    field: "spec.tolerations[1].operator",
    reason: `supported values: "", "Exists", "Equal", "Lt", "Gt"`,
  },
  "neither key nor Exists": {
    spec: toleration({ effect: "NoSchedule" }),
    field: "spec.tolerations[1].operator",
    reason: "without a key, operator must be Exists",
  },
  "an empty key and Equal": {
    spec: toleration({ key: "", operator: "Equal", value: "b" }),
    field: "spec.tolerations[1].operator",
    reason: "without a key, operator must be Exists",
  },
  "a value beside Exists": {
    spec: toleration({ key: "a", operator: "Exists", value: "b" }),
    field: "spec.tolerations[1].value",
    reason: "with operator Exists, value must be empty",
  },
  "seconds without NoExecute": {
    spec: toleration({ key: "a", effect: "NoSchedule", tolerationSeconds: 60 }),
    field: "spec.tolerations[1].effect",
    reason: "with tolerationSeconds, effect must be NoExecute",
  },
  "a quantity that is none": {
    spec: resources({ limits: { cpu: "1 core" } }),
    field: "spec.resources.limits.cpu",
    reason: "should match",
  },
  "a unit that Kubernetes does not have": {
    spec: resources({ requests: { memory: "64MB" } }),
    field: "spec.resources.requests.memory",
    reason: "should match",
  },
  "a broken number of cores without quotes": {
    spec: resources({ limits: { cpu: 0.5 } }),
    field: "spec.resources.limits.cpu",
    reason: "must be of type integer,string",
  },
  "realtime without enabled": {
    spec: { config: {}, realtime: {} },
    field: "spec.realtime.enabled",
    reason: "Required value",
  },
  "a word for enabled": {
    spec: { config: {}, realtime: { enabled: "yes" } },
    field: "spec.realtime.enabled",
    reason: "must be of type boolean",
  },
  "more tolerations than anybody has": {
    spec: { config: {}, tolerations: Array(10_001).fill({ key: "a" }) },
    field: "spec.tolerations",
    reason: "must have at most 10000 items",
  },
  "no name": { metadata: { name: "" }, field: "metadata.name", reason: "is required" },
  "capitals in the name": {
    metadata: { name: "Worker" },
    field: "metadata.name",
    reason: "lowercase RFC 1123 subdomain",
  },
  "a name that is not ASCII": {
    metadata: { name: "wörker-整合性" },
    field: "metadata.name",
    reason: "lowercase RFC 1123 subdomain",
  },
  "a name of characters that cannot be seen": {
    metadata: { name: "worker\u200b\u202e" },
    field: "metadata.name",
    reason: "lowercase RFC 1123 subdomain",
  },
  "a name of 254 characters": {
    metadata: { name: "a".repeat(254) },
    field: "metadata.name",
    reason: "must be no more than 253",
  },
  "a name of 5,000 characters": {
    metadata: { name: "a".repeat(5000) },
    field: "metadata.name",
    reason: "must be no more than 253",
  },
  "a path for a name": {
    metadata: { name: "../../secrets" },
    field: "metadata.name",
    reason: "lowercase RFC 1123 subdomain",
  },
  "a label value of 64 characters": {
    metadata: { labels: { team: "a".repeat(64) } },
    field: "metadata.labels",
    reason: "must be no more than 63",
  },
  "a label value of 5,000 characters": {
    metadata: { labels: { team: "a".repeat(5000) } },
    field: "metadata.labels",
    reason: "must be no more than 63",
  },
  "a label value with spaces": {
    metadata: { labels: { team: "red team" } },
    field: "metadata.labels",
    reason: "a valid label must be",
  },
  "a label value in another script": {
    metadata: { labels: { team: "チーム" } },
    field: "metadata.labels",
    reason: "a valid label must be",
  },
  "a label key with a space": {
    metadata: { labels: { "the team": "red" } },
    field: "metadata.labels",
    reason: "name part must consist of",
  },
  "a label key with a broken prefix": {
    metadata: { labels: { "Example.com/team": "red" } },
    field: "metadata.labels",
    reason: "prefix part a lowercase RFC 1123 subdomain",
  },
  "an annotation key with a line break": {
    metadata: { annotations: { "a\nb": "" } },
    field: "metadata.annotations",
    reason: "name part must consist of",
  },
  "annotations of more than 256 KiB": {
    metadata: { annotations: { a: "x".repeat(262_144) } },
    field: "metadata.annotations",
    reason: "may not be more than 262144 bytes",
  },
  "a finalizer with a space": {
    metadata: { finalizers: ["example.com/a b"] },
    field: "metadata.finalizers",
    reason: "name part must consist of",
  },
  "an owner without a name": {
    metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "", uid: "u" }] },
    field: "metadata.ownerReferences.name",
    reason: "must not be empty",
  },
};

const base = { apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity" } as const;

function assertRefused({ code, body }: Answer, field: string, reason: string, name: string): void {
  assertEquals([code, body.reason], [422, "Invalid"], `${name}: ${body.message}`);
  const causes = (body.details?.causes ?? []) as { field: string; message: string }[];
  assert(
    causes.some((cause) => cause.field === field && cause.message.includes(reason)),
    `${name}: ${JSON.stringify(causes)}`,
  );
}

clusterTest(
  "refused: each fault with its field and the reason, here as by the API server",
  async (cluster) => {
    await using namespace = await cluster.namespace("refused");
    using editor = await apiCaller(cluster, namespace, "editor");
    const path = `${fileIntegritiesPath(namespace.name)}?dryRun=All`;
    for (
      const [name, { spec = { config: {} }, metadata, field, reason }] of Object.entries(cases)
    ) {
      const object = { ...base, metadata: { name: "a", ...metadata }, spec };
      const answer = await editor.call("POST", path, { body: object });
      assertRefused(answer, field, reason, name);
      const { faults } = validateFileIntegrity(object);
      assert(faults.length > 0, name);
      for (const refused of refusedFields(answer)) {
        assert(
          faults.some((fault) => sameField(fault.path, refused)),
          `${name}: ${refused} is not among ${faults.map((fault) => fault.path)}`,
        );
      }
    }
  },
);

clusterTest("refused: kubectl tells the field and the reason", async (cluster) => {
  await using namespace = await cluster.namespace("refused");
  const { code, stderr } = await cluster.kubectl(["apply", "-f", "-"], {
    as: "editor",
    namespace: namespace.name,
    stdin: JSON.stringify({
      ...base,
      metadata: { name: "a" },
      spec: { config: { gracePeriod: "20" }, tolerations: [{ effect: "NoShedule", key: "a" }] },
    }),
  });
  assertEquals(code, 1);
  assertStringIncludes(stderr, "spec.config.gracePeriod");
  assertStringIncludes(stderr, `spec.tolerations[0].effect: Unsupported value: "NoShedule"`);
});

clusterTest("refused: a status out of bounds, whoever writes it", async (cluster) => {
  await using namespace = await cluster.namespace("refused");
  const { name: ns } = namespace;
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
  const owner = await createFileIntegrity(editor, ns, "fi");
  await makeNodeStatus(operator, owner, "node-a");
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Scanning",
    message: "",
    lastTransitionTime: "2020-09-15T12:45:57Z",
  };
  const statuses: [unknown, string, string][] = [
    [{ phase: "Dancing" }, "status.phase", `"Pending", "Initializing", "Active", "Error"`],
    [{ observedGeneration: -1 }, "status.observedGeneration", "greater than or equal to 0"],
    [{ nodes: { desired: -1 } }, "status.nodes.desired", "greater than or equal to 0"],
    [{ nodes: { desired: 1 } }, "status.nodes.succeeded", "Required value"],
    [{ conditions: [{ ...condition, status: "Yes" }] }, "status.conditions[0].status", "True"],
    [{ conditions: [{ ...condition, reason: "" }] }, "status.conditions[0].reason", "at least 1"],
    [{ conditions: [{ ...condition, reason: "a b" }] }, "status.conditions[0].reason", "match"],
    [{ conditions: [condition, condition] }, "status.conditions[1]", "Duplicate value"],
    [
      { conditions: [{ ...condition, lastTransitionTime: "today" }] },
      "status.conditions[0].lastTransitionTime",
      "date-time",
    ],
    [
      { conditions: [{ ...condition, message: "x".repeat(32_769) }] },
      "status.conditions[0].message",
      "32768",
    ],
  ];
  const fi = `${fileIntegritiesPath(ns, "fi")}/status`;
  for (const [status, field, reason] of statuses) {
    const answer = await operator.call("PATCH", fi, { body: { status } });
    assertRefused(answer, field, reason, JSON.stringify(status).slice(0, 200));
  }

  const result = { condition: "Succeeded", lastProbeTime: "2020-09-15T12:45:57Z" };
  const changes = { added: 0, changed: 0, removed: 0, digest: "", truncated: false, items: [] };
  const reports: [unknown, string, string][] = [
    [{ nodeName: null }, "nodeName", "Required value"],
    [{ results: [{ ...result, condition: "Maybe" }] }, "results[0].condition", "Succeeded"],
    [{ lastResult: { condition: "Failed" } }, "lastResult.lastProbeTime", "Required value"],
    [{ lastResult: { ...result, lastProbeTime: "now" } }, "lastResult.lastProbeTime", "date-time"],
    [{ lastResult: { ...result, filesAdded: -1 } }, "lastResult.filesAdded", "greater than"],
    [{ lastResult: { ...result, errorReason: "x" } }, "lastResult.errorReason", "Unsupported"],
    [
      {
        lastResult: { ...result, changes: { ...changes, items: [{ path: "/a", kind: "moved" }] } },
      },
      "lastResult.changes.items[0].kind",
      `"added", "changed", "removed"`,
    ],
    [{ baseline: { digest: "d" } }, "baseline.configDigest", "Required value"],
  ];
  const fins = nodeStatusesPath(ns, "fi-node-a");
  for (const [body, field, reason] of reports) {
    assertRefused(await daemon.call("PATCH", fins, { body }), field, reason, JSON.stringify(body));
  }
});
