/** Pods that run the answering program, which probes ask. */
import { assertEquals } from "@std/assert";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import type { LoggedLine } from "../../kubelet/container_logs.ts";
import { apply, type ProbedNodes, probedNodes, probeTemplate } from "./probing_pods.ts";

const here = new URL(".", import.meta.url).pathname.replace(/\/$/, "");

/** What the answering program was asked. */
export interface Asked {
  method: string;
  target: string;
  port: number;
  headers: string[];
  /** What it answered with. */
  status: string;
}

/** A pod to be. */
export interface AnsweringPod {
  name: string;
  args?: string[];
  /** Fields of its container. */
  container?: object;
  /** Fields of its spec. */
  spec?: object;
}

/** A test with one node, whose pods run the answering program. */
export interface AnsweringScene extends ProbedNodes {
  cluster: TestCluster;
  namespace: TestNamespace;
  /** Runs kubectl in the test's namespace; throws where it fails. */
  kubectl(...args: string[]): Promise<string>;
  run(pod: AnsweringPod): Promise<void>;
  /** A pod's status, as the API server has it. */
  // deno-lint-ignore no-explicit-any
  status(pod: string): Promise<any>;
  /** From here on the program answers so at a path: with a status, or with "silence". */
  answer(path: string, status: string): Promise<void>;
  /** What the program of a pod was asked. */
  asked(pod: string): Asked[];
}

/** Whether the program says this. */
export const says = (message: string) => ({ entry }: LoggedLine): boolean =>
  entry?.message === message;

/** Declares such a test. */
export function answeringTest(name: string, test: (scene: AnsweringScene) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("kubelet");
    const probed = await probedNodes(cluster, namespace, 1, {
      program: (args) => ["deno", "run", "-A", "--quiet", `${here}/answering_program.ts`, ...args],
    });
    await using nodes = probed.nodes;
    const directory = `${nodes.hostRoot(probed.names[0] ?? "")}/var/lib/probe`;
    await Deno.mkdir(directory, { recursive: true });
    const template = probeTemplate(probed) as { metadata: object; spec: { containers: object[] } };
    const kubectl = async (...args: string[]): Promise<string> => {
      const done = await cluster.kubectl(args, { namespace: namespace.name });
      assertEquals(done.code, 0, done.stderr);
      return done.stdout;
    };
    await test({
      ...{ ...probed, cluster, namespace, kubectl },
      run: ({ name, args = [], container, spec }) =>
        apply(cluster, namespace, {
          ...{ apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name } },
          spec: {
            ...{ ...template.spec, ...spec },
            containers: [{ ...template.spec.containers[0], args, ...container }],
          },
        }),
      status: async (pod) => JSON.parse(await kubectl("get", "pod", pod, "-o", "json")).status,
      answer: async (path, status) => {
        // At once: a file that is being written is empty for a moment.
        const file = directory + path;
        await Deno.writeTextFile(`${file}.new`, status);
        await Deno.rename(`${file}.new`, file);
      },
      asked: (pod) =>
        nodes.logLines(pod).filter(says("asked")).map(({ entry }) => entry?.value as Asked),
    });
  });
}
