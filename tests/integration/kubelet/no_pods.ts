import { assert, assertEquals } from "@std/assert";
import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";

/**
 * Asserts that pods are gone, and waits until there is no other one in their namespace: a controller that has not heard
 * yet that their nodes are gone makes new ones, which the cluster takes away a minute later.
 */
export async function noPods(
  cluster: TestCluster,
  { name: namespace }: TestNamespace,
  gone: readonly string[],
): Promise<void> {
  const end = performance.now() + 180_000;
  while (true) {
    const path = 'jsonpath={range .items[*]}{.metadata.name}{"\\n"}{end}';
    const { code, stdout, stderr } = await cluster.kubectl(["get", "pods", "-o", path], {
      namespace,
    });
    assertEquals(code, 0, stderr);
    const there = stdout.split("\n").filter((name) => name !== "");
    assertEquals(there.filter((name) => gone.includes(name)), []);
    if (there.length === 0) return;
    assert(performance.now() < end, `There are still pods: ${there.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
