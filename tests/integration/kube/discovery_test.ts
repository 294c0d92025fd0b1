import { assertEquals } from "@std/assert";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { directClient } from "./direct_client.ts";

clusterTest(
  "discovery: the kinds of a version, and none where the server does not have it",
  async (cluster) => {
    await using namespace = await cluster.namespace("discovery");
    using client = await directClient(cluster, namespace);
    assertEquals([...await client.kinds("fileintegrity.openshift.io/v1alpha1")].sort(), [
      "fileintegrities",
      "fileintegritynodestatuses",
    ]);
    const core = await client.kinds("v1");
    assertEquals([core.has("services"), core.has("pods"), core.has("pods/log")], [
      true,
      true,
      false,
    ]);
    assertEquals((await client.kinds("fileintegrity.openshift.io/v9")).size, 0);
    assertEquals((await client.kinds("nobody.example.com/v1")).size, 0);
  },
);
