/** The tokens of the pods' ServiceAccounts are replaced, as the kubelet does from time to time. */

import { assert, assertEquals } from "@std/assert";
import { auditEntries } from "../../cluster/audit_log.ts";
import { type Installation, productTest } from "../product/installation.ts";

/**
 * Ids of the tokens with which an account of the product has called, for calls that ended since `from` of the audit log,
 * with the time at which each began.
 */
async function tokensUsed(
  { cluster, namespace }: Installation,
  account: string,
  from: number,
): Promise<{ node: string; id: string; began: number }[]> {
  const user = `system:serviceaccount:${namespace.name}:file-integrity-${account}`;
  const { entries } = await auditEntries(cluster.auditLog, from);
  const key = (name: string): string => `authentication.kubernetes.io/${name}`;
  return entries
    .filter(({ user: { username }, stage }) => username === user && stage === "ResponseComplete")
    .map(({ user: { extra }, requestReceivedTimestamp }) => ({
      node: extra?.[key("node-name")]?.[0] ?? "",
      id: extra?.[key("credential-id")]?.[0] ?? "",
      began: Date.parse(requestReceivedTimestamp),
    }));
}

productTest("fault: rotated tokens are taken up, and no call fails by them", async (product) => {
  const { nodes, workers, operatorNode } = product;
  await product.apply("worker");
  await product.untilPhase("worker", "Active");
  const { end } = await product.calls();
  const old = new Set(
    [
      ...await tokensUsed(product, "daemon", product.auditStart),
      ...await tokensUsed(product, "operator", product.auditStart),
    ]
      .map(({ id }) => id),
  );
  assertEquals(old.has(""), false);
  for (const node of [...workers, operatorNode]) await nodes.renewTokens(node);
  // Who writes at intervals shows it: the daemons their results, the operator its Lease.
  await product.until("everybody calls with a new token", async () => {
    const seen = [
      ...await tokensUsed(product, "daemon", end),
      ...await tokensUsed(product, "operator", end),
    ];
    return [...workers, operatorNode].every((node) =>
      seen.findLast((one) => one.node === node && !old.has(one.id)) !== undefined
    );
  });
  const { end: since } = await product.calls();
  const rotated = Date.now();
  const [node = ""] = workers;
  await product.change(node, "/etc/resolv.conf");
  await product.untilResult("worker", node, "Failed");
  // A watch that began before ends with the token that it began with.
  const after = (await tokensUsed(product, "daemon", since)).filter(({ began }) => began > rotated);
  assert(after.length > 0);
  assertEquals(after.filter(({ id }) => old.has(id)), []);
  // By their path: the server does not know who calls with a token that it refuses.
  const { entries } = await auditEntries(product.cluster.auditLog, end);
  const own = `/namespaces/${product.namespace.name}/`;
  const refused = entries.filter(({ requestURI, responseStatus }) =>
    requestURI.includes(own) && [401, 403].includes(responseStatus?.code)
  );
  assertEquals(refused, []);
  assertEquals(product.faults(/"message":"Failed: /), []);
});
