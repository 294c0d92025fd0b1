import { assertEquals } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";

const root = new URL("../../../", import.meta.url).pathname;

clusterTest(
  "install: plain kubectl apply takes definitions and manifests, and again",
  async (cluster) => {
    const paths = ["crds", "manifests", "manifests/rbac"].map((path) => `${root}${path}`);
    for (let times = 0; times < 2; times++) {
      const args = ["apply", ...paths.flatMap((path) => ["-f", path])];
      const { code, stdout, stderr } = await cluster.kubectl(args);
      assertEquals(code, 0, stderr);
      assertEquals(stdout.includes("worker-fileintegrity"), false); // the sample stays apart
    }
  },
);
