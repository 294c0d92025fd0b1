/** The product, with the way to the API server of its pods through a proxy that fails as a test wants it to. */

import { clusterTest } from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import { Installation, type InstallationOptions } from "../product/installation.ts";

/** A test with an installation whose daemons, and whose operator, go through a proxy. */
export function routedTest(
  name: string,
  run: (product: Installation, proxy: FaultProxy) => Promise<void>,
  options: InstallationOptions = {},
): void {
  clusterTest(name, async (cluster) => {
    await using proxy = await FaultProxy.start(cluster);
    await using product = await Installation.start(cluster, { ...options, withoutOperator: true });
    for (const node of [...product.workers, product.operatorNode]) {
      const route = { host: "127.0.0.1", port: proxy.port, ca: proxy.authority.ca };
      product.nodes.setApiServer(node, route);
    }
    await product.startOperator(options.operatorArgs);
    await run(product, proxy);
  });
}
