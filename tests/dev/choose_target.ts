/** On which cluster the operator is to run. */
import { kubeconfigPaths } from "../../src/kube/kubeconfig_files.ts";
import type { DevCommand } from "./command_line.ts";

/** The cluster of a kubeconfig, or a test cluster; its directory where it is a certain one. */
export type Target = { on: "kubeconfig" } | { on: "test-cluster"; home?: string; why: string };

const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/**
 * Chooses by the command line and the environment. A kubeconfig in the directory of one of `homes`, those of the test
 * clusters that run, means that cluster.
 */
export async function chooseTarget(
  { cluster, kubeconfig, context }: Pick<DevCommand, "cluster" | "kubeconfig" | "context">,
  env: (name: string) => string | undefined,
  homes: () => Promise<readonly string[]>,
): Promise<Target> {
  const given = env("FIO_TEST_CLUSTER");
  const home = given ? { home: given } : {};
  if (cluster) return { on: "test-cluster", ...home, why: "--cluster is given" };
  if (kubeconfig !== undefined || context !== undefined) return { on: "kubeconfig" };
  const paths = kubeconfigPaths(undefined, env);
  const there: string[] = [];
  for (const path of paths) if (await exists(path)) there.push(path);
  const [first] = there;
  if (first === undefined) {
    const why = `there is no kubeconfig (${paths.join(", ") || "KUBECONFIG and HOME are not set"})`;
    return { on: "test-cluster", ...home, why };
  }
  const all = given ? [given, ...await homes()] : await homes();
  const own = there.length === 1 && all.find((one) => first.startsWith(`${one}/`));
  if (!own) return { on: "kubeconfig" };
  return {
    on: "test-cluster",
    home: own,
    why: `the kubeconfig ${first} is that of a test cluster`,
  };
}
