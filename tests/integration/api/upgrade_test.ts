import { assert, assertEquals } from "@std/assert";
import { customResourceDefinitions } from "../../../src/api/crd.ts";
import { effectiveSpec } from "../../../src/api/effective.ts";
import { untilServed } from "../../cluster/served_definitions.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const text = { type: "string" };
const whole = { type: "integer" };

const object = (properties: unknown, required: string[] = []): unknown => ({
  type: "object",
  properties,
  ...(required.length > 0 && { required }),
});

const result = object({
  condition: text,
  errorMessage: text,
  filesAdded: whole,
  filesChanged: whole,
  filesRemoved: whole,
  lastProbeTime: { type: "string", format: "date-time" },
  resultConfigMapName: text,
  resultConfigMapNamespace: text,
}, ["condition", "lastProbeTime"]);

const toleration = object({
  effect: text,
  key: text,
  operator: text,
  tolerationSeconds: { type: "integer", format: "int64" },
  value: text,
});

/**
 * The schemas of the existing operator's definitions: the same fields as ours, without bounds. The defaults are left
 * out, as in objects that are older than they are.
 */
const existing: Record<string, unknown> = {
  FileIntegrity: object({
    apiVersion: text,
    kind: text,
    metadata: { type: "object" },
    spec: object({
      nodeSelector: { type: "object", additionalProperties: text },
      config: object({
        name: text,
        namespace: text,
        key: text,
        gracePeriod: whole,
        maxBackups: whole,
        initialDelay: whole,
      }),
      debug: { type: "boolean" },
      tolerations: { type: "array", items: toleration },
      priorityClassName: text,
    }, ["config"]),
    status: object({ phase: text }),
  }),
  FileIntegrityNodeStatus: object({
    apiVersion: text,
    kind: text,
    metadata: { type: "object" },
    nodeName: text,
    results: { type: "array", items: result },
    lastResult: result,
  }, ["nodeName", "results", "lastResult"]),
};

/** What stands in the clusters of the existing operator, the odd among it. */
const stored: Record<string, Any[]> = {
  FileIntegrity: [
    { metadata: { name: "no-spec" } },
    {
      metadata: { name: "sample" },
      spec: { debug: false, config: {} },
      status: { phase: "Active" },
    },
    {
      metadata: { name: "odd" },
      spec: {
        config: { gracePeriod: -1, name: "X Y" },
        // No pod can have these, and the definition of ours refuses them in new objects.
        tolerations: [{ effect: "NoShedule", key: "a" }, { value: "a" }],
        nodeSelector: { "bad key": "bad value!" },
      },
      status: { phase: "" },
    },
  ],
  FileIntegrityNodeStatus: [{
    metadata: { name: "sample-node-a" },
    nodeName: "node-a",
    results: [{
      condition: "Failed",
      filesAdded: 1,
      lastProbeTime: "2020-09-15T12:57:20Z",
      resultConfigMapName: "aide-sample-node-a-failed",
      resultConfigMapNamespace: "openshift-file-integrity",
    }],
    lastResult: { condition: "Failed", filesAdded: 1, lastProbeTime: "2020-09-15T12:57:20Z" },
  }],
};

const deadline = 60_000;

/** Runs kubectl as the admin, who alone changes definitions, again while the kind is not served yet. */
async function admin(
  cluster: TestCluster,
  args: string[],
  stdin?: unknown,
  expected: (stdout: string) => boolean = () => true,
): Promise<string> {
  const last = performance.now() + deadline;
  for (;;) {
    const { code, stdout, stderr } = await cluster.kubectl(
      args,
      stdin === undefined ? {} : { stdin: JSON.stringify(stdin) },
    );
    if (code === 0 && expected(stdout)) return stdout;
    assert(performance.now() < last, `kubectl ${args.join(" ")}: ${stdout}${stderr}`);
  }
}

clusterTest(
  "upgrade: objects of the existing operator's definitions live on under ours",
  async (cluster) => {
    await using namespace = await cluster.namespace("upgrade");
    // The same kinds in a group of this test, which no other test sees.
    const group = `${namespace.name}.example.com`;
    const definition = (crd: Any, schema: unknown): Any => {
      const copy = structuredClone(crd);
      const { spec } = copy;
      copy.metadata.name = `${spec.names.plural}.${group}`;
      spec.group = group;
      spec.names = { ...spec.names, shortNames: [], categories: [] };
      if (schema !== undefined) spec.versions[0].schema.openAPIV3Schema = schema;
      return copy;
    };
    const ours = customResourceDefinitions() as Any[];
    try {
      for (const crd of ours) {
        const { kind, plural } = crd.spec.names;
        const old = definition(crd, existing[kind]);
        await admin(cluster, ["create", "-f", "-"], old);
        await untilServed((args) => cluster.kubectl(args), [old.metadata.name]);
        const place = ["-n", namespace.name];
        for (const one of stored[kind] ?? []) {
          const made = { apiVersion: `${group}/v1alpha1`, kind, ...one };
          await admin(cluster, ["create", ...place, "-f", "-"], made);
          if (one.status !== undefined) {
            const patch = JSON.stringify({ status: one.status });
            const target = [`${plural}.${group}`, one.metadata.name, ...place];
            await admin(cluster, [
              "patch",
              ...target,
              "--subresource=status",
              "--type=merge",
              "-p",
              patch,
            ]);
          }
        }

        await admin(cluster, ["replace", "-f", "-"], definition(crd, undefined));
        // The new schema is in effect once it keeps what the old one knew nothing of.
        const known = stored[kind]?.at(-1)?.metadata.name ?? "";
        const probe = {
          spec: { realtime: { enabled: true } },
          lastResult: { errorReason: "killed" },
        };
        await admin(
          cluster,
          [
            ...["patch", `${plural}.${group}`, known, ...place, "--dry-run=server", "-o", "json"],
            ...["--type=merge", "-p", JSON.stringify(probe)],
          ],
          undefined,
          (stdout) => /"enabled": true|"errorReason"/.test(stdout),
        );
        for (const one of stored[kind] ?? []) {
          const target = [`${plural}.${group}`, one.metadata.name, ...place];
          const read = JSON.parse(await admin(cluster, ["get", ...target, "-o", "json"]));
          for (const [field, value] of Object.entries(one as Record<string, Any>)) {
            if (field === "metadata" || field === "spec") continue;
            assertEquals(read[field], value, `${one.metadata.name}.${field}`);
          }
          if (kind === "FileIntegrity") {
            const written = one.spec;
            assertEquals(
              read.spec,
              written === undefined ? undefined : {
                tolerations: [
                  {
                    effect: "NoSchedule",
                    key: "node-role.kubernetes.io/master",
                    operator: "Exists",
                  },
                  {
                    effect: "NoSchedule",
                    key: "node-role.kubernetes.io/infra",
                    operator: "Exists",
                  },
                ],
                ...written,
                config: { gracePeriod: 900, maxBackups: 5, ...written.config },
              },
            );
            assertEquals(effectiveSpec(read).spec.gracePeriod >= 10, true);
          }
          // What is not changed is not judged again: requests, and changes of other fields, go through.
          await admin(cluster, ["annotate", ...target, "file-integrity.openshift.io/re-init="]);
          if (kind === "FileIntegrity") {
            const status = JSON.stringify({ status: { observedGeneration: 1 } });
            await admin(cluster, [
              "patch",
              ...target,
              "--subresource=status",
              "--type=merge",
              "-p",
              status,
            ]);
            const spec = JSON.stringify({ spec: { config: { gracePeriod: 60 } } });
            await admin(cluster, ["patch", ...target, "--type=merge", "-p", spec]);
          } else {
            const baseline = JSON.stringify({ nodeName: "node-b" });
            await admin(cluster, ["patch", ...target, "--type=merge", "-p", baseline]);
          }
        }
      }
    } finally {
      for (const crd of ours) {
        await cluster.kubectl([
          "delete",
          "crd",
          `${crd.spec.names.plural}.${group}`,
          "--wait=false",
        ]);
      }
    }
  },
);
