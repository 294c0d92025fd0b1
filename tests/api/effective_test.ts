import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { effectiveSpec } from "../../src/api/effective.ts";
import type { FileIntegrityConfig, FileIntegritySpec } from "../../src/api/file_integrity.ts";
import { quantityValue } from "../../src/api/quantity.ts";

const paths = (spec: FileIntegritySpec | undefined): string[] =>
  effectiveSpec(spec === undefined ? {} : { spec }).adjustments.map(({ path }) => path);

const defaults = {
  nodeSelector: {},
  gracePeriod: 900,
  maxBackups: 5,
  initialDelay: 0,
  debug: false,
  tolerations: [
    { key: "node-role.kubernetes.io/master", operator: "Exists", effect: "NoSchedule" },
    { key: "node-role.kubernetes.io/infra", operator: "Exists", effect: "NoSchedule" },
  ],
  resources: { requests: { cpu: "40m", memory: "40Mi" }, limits: { cpu: "300m", memory: "600Mi" } },
  realtime: { enabled: false },
};

Deno.test("an empty spec, and none, come to the defaults", () => {
  for (const fi of [{}, { spec: { config: {} } }]) {
    const { spec, adjustments } = effectiveSpec(fi);
    assertEquals<unknown>(spec, defaults);
    assertEquals(adjustments, []);
  }
});

Deno.test("the spec of the documentation is carried out as written", () => {
  const { spec, adjustments } = effectiveSpec({
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
  });
  assertEquals<unknown>(spec, {
    ...defaults,
    nodeSelector: { "node-role.kubernetes.io/worker": "" },
    userConfig: { name: "myconfig", namespace: "openshift-file-integrity", key: "config" },
    gracePeriod: 20,
    initialDelay: 60,
    tolerations: [{ key: "myNode", operator: "Exists", effect: "NoSchedule" }],
  });
  assertEquals(adjustments, []);
});

Deno.test("numbers out of bounds are bounded, and each is explained", () => {
  const cases: [FileIntegrityConfig, string, number][] = [
    [{ gracePeriod: 0 }, "gracePeriod", 10],
    [{ gracePeriod: 9 }, "gracePeriod", 10],
    [{ gracePeriod: -5 }, "gracePeriod", 10],
    [{ gracePeriod: 1e20 }, "gracePeriod", 315_360_000],
    [{ maxBackups: -1 }, "maxBackups", 0],
    [{ maxBackups: 1e9 }, "maxBackups", 10_000],
    [{ initialDelay: -1 }, "initialDelay", 0],
    [{ initialDelay: 1e12 }, "initialDelay", 315_360_000],
  ];
  for (const [config, field, expected] of cases) {
    const { spec, adjustments } = effectiveSpec({ spec: { config } });
    assertEquals(spec[field as "gracePeriod"], expected);
    assertEquals(adjustments.map(({ path }) => path), [`spec.config.${field}`]);
    assertEquals(adjustments[0]?.message.includes(String(expected)), true);
  }
  assertEquals(paths({ config: { gracePeriod: 10, maxBackups: 0, initialDelay: 0 } }), []);
});

Deno.test("whatever the numbers, the result is in bounds and says whether it is as written", () => {
  const anyNumber = fc.oneof(
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map(Math.trunc),
  );
  fc.assert(
    fc.property(anyNumber, anyNumber, anyNumber, (gracePeriod, maxBackups, initialDelay) => {
      const { spec, adjustments } = effectiveSpec({
        spec: { config: { gracePeriod, maxBackups, initialDelay } },
      });
      assertEquals(spec.gracePeriod >= 10 && spec.gracePeriod <= 315_360_000, true);
      assertEquals(spec.maxBackups >= 0 && spec.maxBackups <= 10_000, true);
      assertEquals(spec.initialDelay >= 0 && spec.initialDelay <= 315_360_000, true);
      const changed = Object.entries({ gracePeriod, maxBackups, initialDelay })
        .filter(([key, value]) => spec[key as "gracePeriod"] !== value).map(([key]) =>
          `spec.config.${key}`
        );
      assertEquals(adjustments.map(({ path }) => path), changed);
    }),
  );
});

Deno.test("a ConfigMap is used only when name and namespace are given", () => {
  const none = effectiveSpec({ spec: { config: { name: "myconfig" } } });
  assertEquals(none.spec.userConfig, undefined);
  assertEquals(none.adjustments.map(({ path }) => path), ["spec.config.namespace"]);
  assertEquals(paths({ config: { namespace: "ns" } }), ["spec.config.name"]);
  assertEquals(paths({ config: { key: "x" } }), ["spec.config.key"]);
  assertEquals(paths({ config: { name: "", namespace: "", key: "" } }), []);
  assertEquals(
    effectiveSpec({ spec: { config: { name: "a", namespace: "b" } } }).spec.userConfig,
    { name: "a", namespace: "b", key: "aide.conf" },
  );
});

Deno.test("empty lists and maps are kept, not taken for absent", () => {
  const { spec } = effectiveSpec({ spec: { config: {}, tolerations: [], nodeSelector: {} } });
  assertEquals(spec.tolerations, []);
  assertEquals(spec.nodeSelector, {});
});

Deno.test("default resources never contradict those given", () => {
  const of = (resources: NonNullable<FileIntegritySpec["resources"]>): unknown =>
    effectiveSpec({ spec: { config: {}, resources } }).spec.resources;
  assertEquals(of({ limits: { memory: "20Mi" } }), {
    requests: { cpu: "40m", memory: "20Mi" },
    limits: { cpu: "300m", memory: "20Mi" },
  });
  assertEquals(of({ requests: { cpu: 2 } }), {
    requests: { cpu: 2, memory: "40Mi" },
    limits: { cpu: 2, memory: "600Mi" },
  });
});

Deno.test("a request above its limit is lowered to it, and that is explained; a lowered default is not", () => {
  const { spec, adjustments } = effectiveSpec({
    spec: {
      config: {},
      resources: {
        limits: { cpu: "1", memory: "20Mi" },
        requests: { cpu: "2", memory: 2 ** 30 },
      },
    },
  });
  assertEquals(spec.resources.requests, { cpu: "1", memory: "20Mi" });
  assertEquals(adjustments, [
    {
      path: "spec.resources.requests.cpu",
      message: "2 is above spec.resources.limits.cpu: 1 is used",
    },
    {
      path: "spec.resources.requests.memory",
      message: "1073741824 is above spec.resources.limits.memory: 20Mi is used",
    },
  ]);
  for (
    const resources of [
      { limits: { cpu: "10m", memory: "20Mi" } },
      { requests: { cpu: 2, memory: "1Gi" } },
      { limits: { cpu: 1 }, requests: { cpu: "1000m" } },
    ]
  ) {
    assertEquals(paths({ config: {}, resources }), []);
  }
});

Deno.test("quantities have the values of Kubernetes", () => {
  const cases: [number | string, number | undefined][] = [
    ["500m", 0.5],
    ["64Mi", 64 * 1024 * 1024],
    ["1k", 1000],
    ["1e3", 1000],
    ["1E", 1e18],
    [".5", 0.5],
    ["2.", 2],
    ["-1", -1],
    [3, 3],
    ["64MB", undefined],
    ["", undefined],
    ["m", undefined],
    ["1 Gi", undefined],
  ];
  for (const [quantity, value] of cases) {
    assertEquals(quantityValue(quantity), value, `${quantity}`);
  }
});
