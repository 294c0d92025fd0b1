import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { ObjectMeta as KubernetesObjectMeta } from "kubernetes-types/meta/v1.d.ts";
import type { ConfigMap as KubernetesConfigMap, Toleration } from "kubernetes-types/core/v1.d.ts";
import type { TSchema } from "typebox";
import type { ConfigMap } from "../../src/api/config_map.ts";
import { customResourceDefinitions } from "../../src/api/crd.ts";
import { faultLine } from "../../src/api/fault.ts";
import { type FileIntegrity, FileIntegritySchema } from "../../src/api/file_integrity.ts";
import {
  type FileIntegrityNodeStatus,
  FileIntegrityNodeStatusSchema,
  type StoredNodeStatus,
  StoredNodeStatusSchema,
} from "../../src/api/node_status.ts";
import { schemaFaults } from "../../src/api/schema_faults.ts";
import {
  validateConfigMap,
  validateFileIntegrity,
  validateFileIntegrityNodeStatus,
} from "../../src/api/validate.ts";
import { schemaArbitrary } from "./schema_arbitrary.ts";
import { valueFaults } from "./structural_rules.ts";

const documented = {
  apiVersion: "fileintegrity.openshift.io/v1alpha1",
  kind: "FileIntegrity",
  metadata: { name: "worker-fileintegrity", namespace: "openshift-file-integrity" },
  spec: {
    nodeSelector: { "node-role.kubernetes.io/worker": "" },
    tolerations: [{ key: "myNode", operator: "Exists", effect: "NoSchedule" }],
    config: {
      name: "myconfig",
      namespace: "openshift-file-integrity",
      key: "config",
      gracePeriod: 20,
      maxBackups: 5,
      initialDelay: 60,
    },
    debug: false,
  },
  status: { phase: "Active" },
} as const;

const base = {
  apiVersion: documented.apiVersion,
  kind: documented.kind,
  metadata: { name: "example-fileintegrity" },
} as const;

function openApiSchema(at: number): unknown {
  // deno-lint-ignore no-explicit-any
  const spec = customResourceDefinitions()[at]?.spec as any;
  return spec.versions[0].schema.openAPIV3Schema;
}

const paths = (spec: unknown): string[] =>
  validateFileIntegrity({ ...base, spec }).faults.map(({ path }) => path);

Deno.test("the types agree with the documentation's object and with those of Kubernetes", () => {
  const object: FileIntegrity = structuredClone(documented) as unknown as FileIntegrity;
  object.metadata satisfies KubernetesObjectMeta;
  object.spec?.tolerations satisfies Toleration[] | undefined;
  ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "a" },
  }) satisfies ConfigMap satisfies KubernetesConfigMap;
  const fromKubernetes: FileIntegrity["metadata"] = {
    ...({} as Omit<KubernetesObjectMeta, "name">),
    name: "a",
  };
  assertEquals(fromKubernetes.name, "a");
});

Deno.test("the documentation's FileIntegrity is valid and comes back as it was", () => {
  assertEquals<unknown>(validateFileIntegrity(documented), { object: documented, faults: [] });
});

Deno.test("the existing operator's sample is valid", () => {
  const sample = { ...base, spec: { debug: false, config: {} } };
  assertEquals<unknown>(validateFileIntegrity(sample), { object: sample, faults: [] });
});

Deno.test("an object as a cluster gives it out is valid", () => {
  const metadata = {
    ...documented.metadata,
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}" },
    creationTimestamp: "2020-09-15T12:45:57Z",
    generation: 1,
    resourceVersion: "7",
    uid: "u",
    managedFields: [{ manager: "kubectl", operation: "Update", fieldsV1: { "f:spec": {} } }],
  };
  assertEquals(validateFileIntegrity({ ...documented, metadata }).faults, []);
});

Deno.test("what the existing operator took is valid", () => {
  const specs: unknown[] = [
    { config: { gracePeriod: 3, maxBackups: -1, initialDelay: -5 } },
    { config: {}, tolerations: [], nodeSelector: {}, priorityClassName: "unknown" },
    { config: {}, tolerations: [{ operator: "Exists" }] },
    { config: { name: "Not A Name", key: "x" } },
  ];
  for (const spec of specs) assertEquals(paths(spec), [], JSON.stringify(spec));
  assertEquals(validateFileIntegrity(base).faults, []);
});

Deno.test("fields without a value count as absent", () => {
  const { object, faults } = validateFileIntegrity({
    ...base,
    spec: { config: { gracePeriod: null }, tolerations: null },
  });
  assertEquals(faults, []);
  assertEquals<unknown>(object?.spec, { config: {} });
  assertEquals(paths({ config: null }), ["spec.config"]);
});

Deno.test("all faults are told at once, each with its path", () => {
  const { object, faults } = validateFileIntegrity({
    apiVersion: "v1",
    kind: "FileIntegrities",
    metadata: { name: "Not_A_Name", namespace: "a.b", labels: { "a/b": 1 } },
    spec: {
      gracePeriod: 20,
      nodeSelector: { "bad key": "x", ok: "bad value!" },
      config: { gracePeriod: "20", maxbackups: 5, nmae: "x" },
      debug: "false",
      tolerations: [{ effect: "NoShedule", key: "a" }, { key: 1 }, "x"],
      resources: { limits: { cpu: "1 core" } },
    },
  });
  assertEquals(object, undefined);
  assertEquals(faults.map(({ path }) => path).sort(), [
    "apiVersion",
    "kind",
    "metadata.labels[a/b]",
    "metadata.name",
    "metadata.namespace",
    "spec.config.gracePeriod",
    "spec.config.maxbackups",
    "spec.config.nmae",
    "spec.debug",
    "spec.gracePeriod",
    "spec.nodeSelector.ok",
    "spec.nodeSelector[bad key]",
    "spec.resources.limits.cpu",
    "spec.tolerations[0].effect",
    "spec.tolerations[1].key",
    "spec.tolerations[2]",
  ]);
  const remedy = (path: string): string | undefined =>
    faults.find((fault) => fault.path === path)?.remedy;
  assertEquals(remedy("spec.gracePeriod"), "Did you mean spec.config.gracePeriod?");
  assertEquals(remedy("spec.config.maxbackups"), "Did you mean spec.config.maxBackups?");
  assertEquals(remedy("spec.config.nmae"), "Did you mean spec.config.name?");
  assertEquals(remedy("spec.config.gracePeriod"), "Write a whole number, without quotes");
  assertEquals(remedy("spec.debug"), "Write false, without quotes");
  assertEquals(remedy("apiVersion"), "Write fileintegrity.openshift.io/v1alpha1");
});

Deno.test("unknown fields are faults only in strict mode", () => {
  const value = { ...base, spec: { config: { colour: "red" } }, extra: 1 };
  assertEquals(validateFileIntegrity(value).faults.map(({ path }) => path), [
    "extra",
    "spec.config.colour",
  ]);
  assertEquals(validateFileIntegrity(value, { strict: false }).faults, []);
});

Deno.test("tolerations that no pod can have are faults", () => {
  const of = (toleration: unknown): string[] => paths({ config: {}, tolerations: [toleration] });
  assertEquals(of({ effect: "NoSchedule" }), ["spec.tolerations[0].operator"]);
  assertEquals(of({ key: "a", operator: "Exists", value: "b" }), ["spec.tolerations[0].value"]);
  assertEquals(of({ key: "a", tolerationSeconds: 5, effect: "NoSchedule" }), [
    "spec.tolerations[0].effect",
  ]);
  assertEquals(of({ key: "a", tolerationSeconds: 5, effect: "NoExecute" }), []);
  assertEquals(of({ key: "a", operator: "exists" }), ["spec.tolerations[0].operator"]);
});

Deno.test("resources are quantities, and requests within limits", () => {
  const of = (resources: unknown): string[] => paths({ config: {}, resources });
  assertEquals(
    of({ requests: { cpu: 1, memory: "64Mi" }, limits: { cpu: "1", memory: "1Gi" } }),
    [],
  );
  assertEquals(of({ requests: { cpu: "200m" }, limits: { cpu: "0.1" } }), [
    "spec.resources.requests.cpu",
  ]);
  assertEquals(of({ limits: { memory: "64MB" } }), ["spec.resources.limits.memory"]);
  assertEquals(of({ limits: { memory: "-1" } }), ["spec.resources.limits.memory"]);
  assertEquals(of({ limits: { cpu: 0.5 } }), ["spec.resources.limits.cpu"]);
});

Deno.test("a status that does not fit is left out, one that fits is kept", () => {
  const unfit = { ...documented, status: { phase: "Dancing" } };
  const { object, faults } = validateFileIntegrity(unfit);
  assertEquals(faults, []);
  assertEquals(object !== undefined && "status" in object, false);
  assertEquals(validateFileIntegrity(documented).object?.status, { phase: "Active" });
});

Deno.test("conditions are one of each type, as the API server has them", () => {
  const condition = {
    type: "Ready",
    status: "True",
    reason: "Scanning",
    message: "",
    lastTransitionTime: "2020-09-15T12:45:57Z",
  };
  const of = (...types: string[]): string[] =>
    schemaFaults(FileIntegritySchema, {
      ...base,
      status: { conditions: types.map((type) => ({ ...condition, type })) },
    }, true).map(({ path }) => path);
  assertEquals(of("Ready", "Realtime"), []);
  assertEquals(of("Ready", "Realtime", "Ready", "Ready"), [
    "status.conditions[2]",
    "status.conditions[3]",
  ]);
});

Deno.test("anything but an object is a fault, not an exception", () => {
  for (
    const value of [undefined, null, 1, "x", [], true, { metadata: [] }, {
      metadata: "x",
      spec: [],
    }]
  ) {
    for (
      const validate of [validateFileIntegrity, validateConfigMap, validateFileIntegrityNodeStatus]
    ) {
      const { object, faults } = validate(value);
      assertEquals(object, undefined);
      assert(faults.length > 0);
    }
  }
});

Deno.test("any JSON is validated without an exception, and in words on one line", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (spec, metadata, status) => {
      const { object, faults } = validateFileIntegrity(
        { ...base, spec, metadata, status } as unknown,
      );
      assertEquals(object === undefined, faults.length > 0);
      for (const fault of faults) {
        assert(/^[^\p{Cc}\p{Cf}]+$/u.test(faultLine(fault)), faultLine(fault));
      }
    }),
  );
});

Deno.test("a ConfigMap needs text data; binary data is refused with a remedy", () => {
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "myconfig" } };
  const of = (more: object): string[] =>
    validateConfigMap({ ...configMap, ...more }).faults.map(({ path }) => path);
  assertEquals(of({ data: { config: "/etc R\n" } }), []);
  assertEquals(of({ data: { config: 5 } }), ["data.config"]);
  assertEquals(of({ data: { "a/b": "x" } }), ["data"]);
  assertEquals(of({ binaryData: { config: "aGk=" } }), ["binaryData"]);
  assertEquals(of({ data: { a: "x".repeat(1_048_577) } }), ["data"]);
  assertEquals(of({ data: { a: "x".repeat(1_048_576) } }), []);
  assertEquals(of({ metadata: {} }), ["metadata.name"]);
});

Deno.test("what a schema makes is valid, for the validator and for the API server", () => {
  const kinds: [TSchema, number][] = [
    [FileIntegritySchema, 0],
    [StoredNodeStatusSchema, 1],
    [FileIntegrityNodeStatusSchema, 1],
  ];
  for (const [schema, at] of kinds) {
    const openApi = openApiSchema(at);
    fc.assert(fc.property(schemaArbitrary(schema), (value) => {
      assertEquals(schemaFaults(schema, value, true), []);
      assertEquals(valueFaults(openApi, value, ""), []);
    }));
  }
});

Deno.test("validator and API server agree on values that are altered anywhere", () => {
  const kinds: [TSchema, number, string[]][] = [
    [FileIntegritySchema, 0, ["spec", "status"]],
    [StoredNodeStatusSchema, 1, ["nodeName", "results", "lastResult", "baseline"]],
  ];
  for (const [schema, at, roots] of kinds) {
    const openApi = openApiSchema(at);
    fc.assert(
      fc.property(schemaArbitrary(schema), fc.nat(), fc.jsonValue(), (value, place, other) => {
        const altered = structuredClone(value) as Record<string, unknown>;
        const places: [Record<string, unknown>, string][] = [];
        const collect = (node: unknown): void => {
          if (typeof node !== "object" || node === null) return;
          for (const [key, child] of Object.entries(node)) {
            places.push([node as Record<string, unknown>, key]);
            collect(child);
          }
        };
        for (const root of roots) {
          if (root in altered) places.push([altered, root]), collect(altered[root]);
        }
        const chosen = places[place % Math.max(1, places.length)];
        if (chosen !== undefined) chosen[0][chosen[1]] = other;
        assertEquals(
          schemaFaults(schema, altered, false).length === 0,
          valueFaults(openApi, altered, "").length === 0,
          JSON.stringify(altered),
        );
      }),
      { numRuns: 300 },
    );
  }
});

Deno.test("a FileIntegrityNodeStatus of the existing operator is valid", () => {
  const status: FileIntegrityNodeStatus = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: { name: "worker-fileintegrity-node-a" },
    nodeName: "node-a",
    results: [{ condition: "Succeeded", lastProbeTime: "2020-09-15T12:45:57Z" }],
    lastResult: { condition: "Succeeded", lastProbeTime: "2020-09-15T12:45:57Z" },
  };
  assertEquals<unknown>(validateFileIntegrityNodeStatus(status), { object: status, faults: [] });
  const { lastResult: _, ...without } = status;
  assertEquals(validateFileIntegrityNodeStatus(without).faults.map(({ path }) => path), [
    "lastResult",
  ]);
});

Deno.test("a node status without a result is what the operator stores, and no report", () => {
  const made: StoredNodeStatus = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: { name: "worker-fileintegrity-node-a" },
    nodeName: "node-a",
  };
  assertEquals(schemaFaults(StoredNodeStatusSchema, made, true), []);
  assertEquals(validateFileIntegrityNodeStatus(made).faults.map(({ path }) => path), [
    "results",
    "lastResult",
  ]);
});

Deno.test("labels, annotations, finalizers and owners are such as an API server takes", () => {
  const of = (metadata: object): string[] =>
    validateFileIntegrity({ ...base, metadata: { name: "a", ...metadata } })
      .faults.map(({ path }) => path);
  assertEquals(
    of({
      labels: { "example.com/team": "a_b.C-1", empty: "", ["k".repeat(63)]: "v".repeat(63) },
      annotations: { "Example.COM/any": "any value!\n", "file-integrity.openshift.io/re-init": "" },
      finalizers: ["example.com/wait"],
    }),
    [],
  );
  assertEquals(
    of({ labels: { "a b": "x", "a/b/c": "x", "": "x", "/a": "x", ["k".repeat(64)]: "x" } }),
    [
      "metadata.labels[a b]",
      "metadata.labels[a/b/c]",
      "metadata.labels[]",
      "metadata.labels[/a]",
      `metadata.labels.${"k".repeat(64)}`,
    ],
  );
  assertEquals(of({ labels: { a: "x ", b: "-x", c: "v".repeat(64), d: "ä", "E/x": "1" } }), [
    "metadata.labels.a",
    "metadata.labels.b",
    "metadata.labels.c",
    "metadata.labels.d",
    "metadata.labels[E/x]",
  ]);
  assertEquals(of({ annotations: { "a b": "x" } }), ["metadata.annotations[a b]"]);
  assertEquals(of({ annotations: { a: "x".repeat(262_143) } }), []);
  assertEquals(of({ annotations: { a: "ä".repeat(131_072) } }), ["metadata.annotations"]);
  assertEquals(of({ finalizers: ["a b"] }), ["metadata.finalizers[0]"]);
  assertEquals(
    of({ ownerReferences: [{ apiVersion: "v1", kind: "Node", name: "", uid: "" }] }),
    ["metadata.ownerReferences[0].name", "metadata.ownerReferences[0].uid"],
  );
  const owner = { apiVersion: "apps/v1", kind: "a", name: "a", uid: "a" };
  assertEquals(of({ ownerReferences: [owner, { ...owner, controller: true }] }), []);
  assertEquals(of({ ownerReferences: [{ ...owner, apiVersion: "a/b/c" }] }), [
    "metadata.ownerReferences[0].apiVersion",
  ]);
  const controller = { ...owner, controller: true };
  assertEquals(of({ ownerReferences: [controller, controller] }), ["metadata.ownerReferences"]);
});

Deno.test("whole numbers are those of 64 bits", () => {
  assertEquals(paths({ config: { gracePeriod: 2 ** 62, maxBackups: -(2 ** 62) } }), []);
  assertEquals(
    paths({ config: { gracePeriod: 2 ** 63, maxBackups: -(2 ** 63), initialDelay: 1e300 } }),
    [
      "spec.config.gracePeriod",
      "spec.config.maxBackups",
      "spec.config.initialDelay",
    ],
  );
  assertEquals(
    paths({
      config: {},
      tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: 1e19 }],
      resources: { limits: { cpu: 1e20 } },
    }),
    ["spec.tolerations[0].tolerationSeconds", "spec.resources.limits.cpu"],
  );
});
