import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { lookAtKubeconfigCluster } from "./kubeconfig_cluster.ts";

/** A server that answers as a kube-apiserver without our definitions does, and a kubeconfig of it. */
async function bareServer(): Promise<AsyncDisposable & { path: string; server: string }> {
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("404 page not found\n", { status: 404 }),
  );
  const server = `http://127.0.0.1:${http.addr.port}`;
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      clusters: [{ name: "bare", cluster: { server } }],
      contexts: [{ name: "here", context: { cluster: "bare", user: "me" } }],
      users: [{ name: "me", user: { token: "t" } }],
      "current-context": "here",
    }),
  );
  return {
    ...{ path, server },
    [Symbol.asyncDispose]: async () => {
      await http.shutdown();
      await Deno.remove(path);
    },
  };
}

Deno.test("dev: a cluster without the definitions is named, and refused with what installs them", async () => {
  await using bare = await bareServer();
  const said: string[] = [];
  const target = { context: undefined, namespace: "ours", image: "registry.test/fio:1" };
  const error = await assertRejects(() =>
    lookAtKubeconfigCluster(
      { ...target, kubeconfig: bare.path },
      (line) => said.push(line),
      new AbortController().signal,
    ), Error);
  assertStringIncludes(
    error.message,
    `kubectl --kubeconfig '${bare.path}' --context 'here' apply -f crds -f manifests/base -f manifests/rbac`,
  );
  assertEquals(said.length, 1);
  for (const fact of ["here", bare.server, "ours", "registry.test/fio:1"]) {
    assertStringIncludes(said.join(), fact);
  }
});
