import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseAll } from "@std/yaml";
import { effectiveSpec } from "../../../src/api/effective.ts";
import { validateFileIntegrity } from "../../../src/api/validate.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apiCaller, fileIntegritiesPath } from "./api_caller.ts";

const sample = new URL("../../../manifests/samples/worker-fileintegrity.yaml", import.meta.url);

const base = { apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity" } as const;

const defaultTolerations = [
  { effect: "NoSchedule", key: "node-role.kubernetes.io/master", operator: "Exists" },
  { effect: "NoSchedule", key: "node-role.kubernetes.io/infra", operator: "Exists" },
];
const config = { gracePeriod: 900, maxBackups: 5 };

/** A spec that the existing operator took, and what the server adds to it. */
const specs: Record<string, [written: unknown, stored: unknown]> = {
  "its sample": [{ debug: false, config: {} }, {
    debug: false,
    config,
    tolerations: defaultTolerations,
  }],
  "no spec": [undefined, undefined],
  "gracePeriod below its least value": [
    { config: { gracePeriod: 3 }, tolerations: [] },
    { config: { gracePeriod: 3, maxBackups: 5 }, tolerations: [] },
  ],
  "zeros": [
    { config: { gracePeriod: 0, maxBackups: 0, initialDelay: 0 }, tolerations: [] },
    { config: { gracePeriod: 0, maxBackups: 0, initialDelay: 0 }, tolerations: [] },
  ],
  "negative numbers": [
    { config: { gracePeriod: -1, maxBackups: -5, initialDelay: -60 }, tolerations: [] },
    { config: { gracePeriod: -1, maxBackups: -5, initialDelay: -60 }, tolerations: [] },
  ],
  "numbers beyond 32 bits": [
    { config: { gracePeriod: 2 ** 40, maxBackups: 2 ** 40 }, tolerations: [] },
    { config: { gracePeriod: 2 ** 40, maxBackups: 2 ** 40 }, tolerations: [] },
  ],
  "no tolerations at all": [{ config: {}, tolerations: [] }, { config, tolerations: [] }],
  "every taint": [
    { config: {}, tolerations: [{ operator: "Exists" }] },
    { config, tolerations: [{ operator: "Exists" }] },
  ],
  "tolerations with empty words": [
    { config: {}, tolerations: [{ key: "a", operator: "", effect: "", value: "b" }] },
    { config, tolerations: [{ key: "a", operator: "", effect: "", value: "b" }] },
  ],
  "the same toleration twice": [
    { config: {}, tolerations: [{ key: "a" }, { key: "a" }] },
    { config, tolerations: [{ key: "a" }, { key: "a" }] },
  ],
  "a toleration that ends": [
    {
      config: {},
      tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: -1, value: "v" }],
    },
    {
      config,
      tolerations: [{ key: "a", effect: "NoExecute", tolerationSeconds: -1, value: "v" }],
    },
  ],
  "an empty node selector": [
    { config: {}, nodeSelector: {}, tolerations: [] },
    { config, nodeSelector: {}, tolerations: [] },
  ],
  "empty names": [
    { config: { name: "", namespace: "", key: "" }, priorityClassName: "", tolerations: [] },
    {
      config: { ...config, name: "", namespace: "", key: "" },
      priorityClassName: "",
      tolerations: [],
    },
  ],
  "names of nothing": [
    {
      config: { name: "No Such Name!", namespace: "näh", key: "../key" },
      priorityClassName: "no such class",
      tolerations: [],
    },
    {
      config: { ...config, name: "No Such Name!", namespace: "näh", key: "../key" },
      priorityClassName: "no such class",
      tolerations: [],
    },
  ],
  "a name without a namespace": [
    { config: { name: "myconfig" }, tolerations: [] },
    { config: { ...config, name: "myconfig" }, tolerations: [] },
  ],
  "a text of 5,000 characters": [
    { config: { name: "x".repeat(5000) }, tolerations: [] },
    { config: { ...config, name: "x".repeat(5000) }, tolerations: [] },
  ],
  "nulls": [
    {
      config: { gracePeriod: null, name: null },
      debug: null,
      tolerations: null,
      nodeSelector: null,
    },
    { config, tolerations: defaultTolerations },
  ],
};

clusterTest(
  "tolerated: every spec that the existing operator took applies unchanged",
  async (cluster) => {
    await using namespace = await cluster.namespace("tolerated");
    using editor = await apiCaller(cluster, namespace, "editor");
    const path = `${fileIntegritiesPath(namespace.name)}?fieldValidation=Strict`;
    for (const [at, [name, [written, stored]]] of Object.entries(specs).entries()) {
      const object = {
        ...base,
        metadata: { name: `tolerated-${at}` },
        ...(written !== undefined && { spec: written }),
      };
      const { code, body, warnings } = await editor.call("POST", path, { body: object });
      assertEquals(code, 201, `${name}: ${body.message}`);
      assertEquals(body.spec, stored, name);
      assertEquals(warnings, [], name);
      const { object: valid, faults } = validateFileIntegrity(body);
      assertEquals(faults, [], name);
      // What is out of bounds is explained and bounded, and stays what the user wrote.
      const { spec } = effectiveSpec(valid ?? {});
      assertEquals(spec.gracePeriod >= 10 && spec.maxBackups >= 0 && spec.initialDelay >= 0, true);
    }
  },
);

clusterTest(
  "tolerated: the documentation's file and the existing operator's sample",
  async (cluster) => {
    await using namespace = await cluster.namespace("tolerated");
    const text = (await Deno.readTextFile(sample)).replaceAll(
      "openshift-file-integrity",
      namespace.name,
    );
    const [documented] = parseAll(text) as { spec: unknown }[];
    const goSample = JSON.stringify({
      ...base,
      metadata: { name: "example-fileintegrity", namespace: namespace.name },
      spec: { debug: false, config: {} },
    });
    for (const [stdin, name] of [[text, "worker"], [goSample, "example"]] as const) {
      // Client-side, server-side, and once more: all are one object.
      for (const flags of [[], ["--server-side", "--force-conflicts"], []]) {
        const { code, stdout, stderr } = await cluster.kubectl(["apply", "-f", "-", ...flags], {
          as: "editor",
          namespace: namespace.name,
          stdin,
        });
        assertEquals([code, stderr], [0, ""]);
        assertStringIncludes(stdout, `${name}-fileintegrity`);
      }
    }
    const { stdout } = await cluster.kubectl(["get", "fi", "worker-fileintegrity", "-o", "json"], {
      as: "viewer",
      namespace: namespace.name,
    });
    assertEquals(JSON.parse(stdout).spec, documented?.spec);
  },
);

clusterTest(
  "tolerated: unknown fields are refused by default, and go with a warning if asked to",
  async (cluster) => {
    await using namespace = await cluster.namespace("tolerated");
    const stdin = JSON.stringify({
      ...base,
      metadata: { name: "misspelt" },
      spec: { config: { graceperiod: 20 }, gracePeriod: 20 },
    });
    const apply = async (...flags: string[]): Promise<{ code: number; stderr: string }> =>
      await cluster.kubectl(["apply", "-f", "-", ...flags], {
        as: "editor",
        namespace: namespace.name,
        stdin,
      });
    for (const flags of [[], ["--validate=strict"], ["--server-side"]]) {
      const { code, stderr } = await apply(...flags);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "spec.config.graceperiod");
      assertStringIncludes(stderr, "spec.gracePeriod");
      assertMatch(stderr, /unknown field|field not declared in schema/);
    }
    const { code, stderr } = await apply("--validate=warn");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, `Warning: unknown field "spec.config.graceperiod"`);
    const { stdout } = await cluster.kubectl(["get", "fi", "misspelt", "-o", "jsonpath={.spec}"], {
      as: "viewer",
      namespace: namespace.name,
    });
    assertEquals(JSON.parse(stdout), { config, tolerations: defaultTolerations });
  },
);
