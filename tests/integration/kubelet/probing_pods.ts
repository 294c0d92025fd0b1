/** Pods that run the probing program. */
import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";
import { TestNodes, type TestNodesOptions } from "../../kubelet/test_nodes.ts";

const here = new URL(".", import.meta.url).pathname.replace(/\/$/, "");

/** What the probing program says that it found. */
export interface Found {
  args: string[];
  env: Record<string, string>;
  pid: number;
  hostname: string;
  uid: number;
  capabilities: string;
  token: string;
  namespace: string;
  user: { username: string; extra: Record<string, string[]> };
  host: string[];
  passwd: string;
  writes: Record<string, string>;
}

/** Nodes of one test, named after it, whose pods run the probing program. */
export interface ProbedNodes {
  nodes: TestNodes;
  names: string[];
  /** Selects the nodes. */
  label: Record<string, string>;
}

/** Makes nodes whose pods run the probing program. */
export async function probedNodes(
  cluster: TestCluster,
  namespace: TestNamespace,
  count: number,
  options: TestNodesOptions = {},
): Promise<ProbedNodes> {
  const label = { "test.example/kubelet": namespace.name };
  const names = Array.from({ length: count }, (_, at) => `${namespace.name}-${at}`);
  const nodes = await TestNodes.start(cluster, {
    nodes: names.map((name) => ({ name, labels: label })),
    program: (args) => ["deno", "run", "-A", "--quiet", `${here}/probing_program.ts`, ...args],
    binds: [here],
    ...options,
  });
  return { nodes, names, label };
}

/** The template of pods that run the probing program on these nodes, with a host's root as the product's daemon has it. */
export function probeTemplate(
  { label }: Pick<ProbedNodes, "label">,
  args: readonly string[] = [],
): Record<string, unknown> {
  return {
    metadata: { labels: { app: "probe" } },
    spec: {
      nodeSelector: label,
      serviceAccountName: "file-integrity-daemon",
      terminationGracePeriodSeconds: 20,
      containers: [{
        name: "probe",
        image: "probe",
        args: [...args, "--node=$(NODE_NAME)"],
        env: [
          { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
          { name: "PLAIN", value: "value with 'quotes'" },
        ],
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"], add: ["DAC_READ_SEARCH"] },
        },
        volumeMounts: [
          { name: "state", mountPath: "/hostroot/var/lib/probe" },
          { name: "host", mountPath: "/hostroot", readOnly: true },
          { name: "config", mountPath: "/config" },
          { name: "scratch", mountPath: "/tmp" },
        ],
      }],
      volumes: [
        { name: "host", hostPath: { path: "/" } },
        { name: "state", hostPath: { path: "/var/lib/probe", type: "DirectoryOrCreate" } },
        { name: "config", configMap: { name: "probe", optional: true } },
        { name: "scratch", emptyDir: {} },
      ],
    },
  };
}

/** A DaemonSet or a Deployment of the probing program. */
export function probeWorkload(
  kind: "DaemonSet" | "Deployment",
  nodes: Pick<ProbedNodes, "label">,
  args: readonly string[] = [],
): Record<string, unknown> {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "probe" },
    spec: {
      ...kind === "Deployment" && { replicas: 1 },
      selector: { matchLabels: { app: "probe" } },
      template: probeTemplate(nodes, args),
    },
  };
}

/** Makes or changes an object of the test's namespace, as admin. */
export async function apply(
  cluster: TestCluster,
  namespace: TestNamespace,
  object: Record<string, unknown>,
): Promise<void> {
  const { code, stderr } = await cluster.kubectl(
    ["apply", "--server-side", "--force-conflicts", "-f", "-"],
    { namespace: namespace.name, stdin: JSON.stringify(object) },
  );
  if (code !== 0) throw new Error(`Cannot apply ${object.kind}: ${stderr}`);
}

/** The probe's configuration. */
export const probeConfig = (data: Record<string, string>): Record<string, unknown> => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "probe" }, data },
});
