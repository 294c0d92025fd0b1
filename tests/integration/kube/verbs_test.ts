import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { KubeError } from "../../../src/kube/kube_error.ts";
import { resource, resources } from "../../../src/kube/resource.ts";
import { configMap, type ObjectOf, proxiedTest, rejection } from "./proxied_client.ts";

const { configMaps, leases, fileIntegrities, nodeStatuses, nodes } = resources;

async function refusal(promise: Promise<unknown>): Promise<KubeError> {
  const error = await rejection(promise);
  assertInstanceOf(error, KubeError);
  return error;
}

proxiedTest("objects are made, read, patched and deleted", async ({ namespace, client }) => {
  const made = await client.create(configMaps, configMap(namespace, "one", { a: "1" }));
  assertEquals([made.kind, made.apiVersion, made.data], ["ConfigMap", "v1", { a: "1" }]);
  assert(made.metadata.uid !== undefined);

  const again = await refusal(client.create(configMaps, configMap(namespace, "one")));
  assertEquals([again.kind, again.code, again.status?.reason], [
    "already-exists",
    409,
    "AlreadyExists",
  ]);
  assert(
    again.message.startsWith(
      `Cannot create ConfigMap ${namespace.name}/one: configmaps "one" already exists`,
    ),
    again.message,
  );

  const address = { name: "one", namespace: namespace.name };
  const patched = await client.mergePatch(configMaps, address, { data: { a: null, b: "2" } });
  assertEquals(patched.data, { b: "2" });
  assertEquals((await client.get(configMaps, address)).data, { b: "2" });

  await client.delete(configMaps, address);
  const missing = await refusal(client.get(configMaps, address));
  assertEquals([missing.kind, missing.status?.details?.name], ["not-found", "one"]);
  assertEquals((await refusal(client.delete(configMaps, address))).kind, "not-found");
});

proxiedTest(
  "a patch with a version applies to that version only",
  async ({ namespace, client }) => {
    const first = await client.create(configMaps, configMap(namespace, "one"));
    const address = { name: "one", namespace: namespace.name };
    const { resourceVersion } = first.metadata;
    await client.mergePatch(configMaps, address, {
      metadata: { resourceVersion },
      data: { a: "1" },
    });
    const late = await refusal(
      client.mergePatch(configMaps, address, { metadata: { resourceVersion }, data: { a: "2" } }),
    );
    assertEquals([late.kind, late.code], ["conflict", 409]);
    assertEquals((await client.get(configMaps, address)).data, { a: "1" });
  },
);

proxiedTest("a deletion names the object that it means", async ({ namespace, client }) => {
  const { metadata: { uid = "", resourceVersion = "" } } = await client.create(
    configMaps,
    configMap(namespace, "one"),
  );
  const address = { name: "one", namespace: namespace.name };
  const other = await refusal(
    client.delete(configMaps, address, { uid: "00000000-0000-0000-0000-000000000000" }),
  );
  assertEquals(other.kind, "conflict");
  const older = await refusal(client.delete(configMaps, address, { uid, resourceVersion: "1" }));
  assertEquals(older.kind, "conflict");
  await client.delete(configMaps, address, { uid, resourceVersion, propagation: "Background" });
  assertEquals((await refusal(client.get(configMaps, address))).kind, "not-found");
});

proxiedTest("a lease is replaced in the version that was read", async ({ namespace, client }) => {
  const lease: ObjectOf<typeof leases> = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "962a0cf2.openshift.io", namespace: namespace.name },
    spec: { holderIdentity: "a" },
  };
  const made = await client.create(leases, lease);
  const held = await client.replace(leases, { ...made, spec: { holderIdentity: "b" } });
  assertEquals(held.spec?.holderIdentity, "b");
  const lost = await refusal(client.replace(leases, { ...made, spec: { holderIdentity: "c" } }));
  assertEquals([lost.kind, lost.status?.reason], ["conflict", "Conflict"]);
});

proxiedTest("a field of another manager is a conflict until it is forced", async (parts) => {
  const { namespace, client } = parts;
  const applied = (value: string): ReturnType<typeof configMap> =>
    configMap(namespace, "one", { a: value });
  await client.apply(configMaps, applied("1"), { fieldManager: "first" });
  await client.apply(configMaps, applied("1"), { fieldManager: "second" });
  const error = await refusal(client.apply(configMaps, applied("2"), { fieldManager: "second" }));
  assertEquals(error.kind, "conflict");
  assertEquals(error.status?.details?.causes?.[0]?.field, ".data.a");
  assert(error.message.includes('"first"'), error.message);
  const forced = await client.apply(configMaps, applied("2"), {
    fieldManager: "second",
    force: true,
  });
  assertEquals(forced.data, { a: "2" });
});

proxiedTest("the status of an object is written apart from the rest", async (parts) => {
  const { namespace, client, cluster } = parts;
  const body = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrity",
    metadata: { name: "one" },
    spec: { config: {} },
  } as const;
  const set = await cluster.kubectl(["apply", "-f", "-"], {
    stdin: JSON.stringify(body),
    namespace: namespace.name,
  });
  assertEquals(set.code, 0, set.stderr);
  const address = { name: "one", namespace: namespace.name };
  const before = await client.get(fileIntegrities, address);
  const written = await client.apply(fileIntegrities, {
    apiVersion: body.apiVersion,
    kind: body.kind,
    metadata: address,
    status: { phase: "Active" },
  }, { fieldManager: "test", subresource: "status" });
  assertEquals(written.status?.phase, "Active");
  assertEquals(written.spec, before.spec);
  const patched = await client.mergePatch(fileIntegrities, address, {
    status: { phase: "Error" },
    spec: { debug: true },
  }, { subresource: "status" });
  assertEquals([patched.status?.phase, patched.spec], ["Error", before.spec]);
});

proxiedTest("lists come in pages, and items have their type", async (parts) => {
  const { namespace, client, proxy } = parts;
  for (let at = 1; at <= 7; at++) {
    await client.create(configMaps, configMap(namespace, `page-${at}`, { at: String(at) }));
  }
  const options = { namespace: namespace.name, fieldSelector: "metadata.name!=kube-root-ca.crt" };
  const names: string[][] = [];
  for await (const page of client.pages(configMaps, { ...options, pageSize: 2 })) {
    names.push(page.items.map(({ metadata }) => metadata.name));
    assert(page.items.every(({ kind, apiVersion }) => kind === "ConfigMap" && apiVersion === "v1"));
    if (names.length === 1) { // What changes between pages is in none of them: a list is one moment.
      await client.delete(configMaps, { name: "page-7", namespace: namespace.name });
      await client.create(configMaps, configMap(namespace, "page-8"));
    }
  }
  assertEquals(names, [
    ["page-1", "page-2"],
    ["page-3", "page-4"],
    ["page-5", "page-6"],
    ["page-7"],
  ]);
  const now = await client.list(configMaps, { ...options, pageSize: 3 });
  assertEquals(now.items.length, 7);
  assertEquals(now.items.at(-1)?.metadata.name, "page-8");
  assert(now.metadata.resourceVersion);
  assertEquals(proxy.requests({ verb: "list" }).map(({ query }) => query.get("limit")), [
    ...["2", "2", "2", "2"],
    ...["3", "3", "3"],
  ]);
});

proxiedTest("a selection is the server's work", async ({ namespace, client }) => {
  const labelled = configMap(namespace, "labelled");
  await client.create(configMaps, {
    ...labelled,
    metadata: { ...labelled.metadata, labels: { "a/b": "c" } },
  });
  await client.create(configMaps, configMap(namespace, "plain"));
  const found = await client.list(configMaps, {
    namespace: namespace.name,
    labelSelector: "a/b in (c,d)",
  });
  assertEquals(found.items.map(({ metadata }) => metadata.name), ["labelled"]);
});

proxiedTest("a list that took too long is gone", async ({ namespace, client, proxy }) => {
  for (const name of ["one", "two", "three"]) {
    await client.create(configMaps, configMap(namespace, name));
  }
  const pages = client.pages(configMaps, { namespace: namespace.name, pageSize: 1 });
  assertEquals((await pages.next()).done, false);
  // A continuation from the cluster's first moments, which the server has compacted away.
  const token = btoa('{"v":"meta.k8s.io/v1","rv":1,"start":"a"}').replaceAll("=", "");
  proxy.inject({ verb: "list" }, { do: "ask", query: { continue: token } });
  const error = await refusal(pages.next());
  assertEquals([error.kind, error.code, error.status?.reason], ["gone", 410, "Expired"]);
  assertEquals((await pages.next()).done, true);
});

proxiedTest("what the server does not accept is said as it says it", async (parts) => {
  const { namespace, client, proxy, reports } = parts;
  const named = configMap(namespace, "Not_A_Name");
  const invalid = await refusal(client.create(configMaps, named));
  assertEquals([invalid.kind, invalid.code, invalid.status?.details?.causes?.[0]?.field], [
    "invalid",
    422,
    "metadata.name",
  ]);
  const wrong = configMap(namespace, "wrong", { a: 1 as unknown as string });
  assertEquals((await refusal(client.create(configMaps, wrong))).kind, "bad-request");
  const unknown = resource("fileintegrity.openshift.io/v9", "FileIntegrity", "x", "namespaced");
  const noKind = await refusal(
    client.get(unknown, { namespace: namespace.name, name: "a" }),
  );
  assert(["bad-request", "forbidden"].includes(noKind.kind), noKind.message);
  const denied = await refusal(client.list(configMaps, { namespace: "kube-system" }));
  assertEquals(denied.kind, "forbidden");
  assert(
    denied.message.endsWith(
      `; let a role of "system:serviceaccount:${namespace.name}:file-integrity-operator" ` +
        'list "configmaps" of API group ""',
    ),
    denied.message,
  );
  assertEquals(proxy.seen.length, 4, "none of them was tried again");
  assertEquals(reports.map(({ outcome, attempts }) => [outcome, attempts]), [
    ["invalid", 1],
    ["bad-request", 1],
    [noKind.kind, 1],
    ["forbidden", 1],
  ]);
});

proxiedTest("a kind that the server does not have is named", async (parts) => {
  const { client, namespace } = parts;
  // The role names a group, so that an unknown version of it gets past.
  const unknown = resource(
    "fileintegrity.openshift.io/v9",
    "FileIntegrity",
    "fileintegrities",
    "namespaced",
  );
  const error = await refusal(client.list(unknown, { namespace: namespace.name }));
  assertEquals([error.kind, error.code], ["bad-request", 404]);
  assert(error.message.endsWith("apply its CustomResourceDefinition"), error.message);
});

proxiedTest("a node's account reads its objects alone", async ({ namespace, client, open }) => {
  using daemon = await open({}, "daemon");
  assertEquals((await daemon.list(nodeStatuses, { namespace: namespace.name })).items, []);
  assertEquals(
    (await refusal(daemon.list(configMaps, { namespace: namespace.name }))).kind,
    "forbidden",
  );
  await client.create(configMaps, configMap(namespace, "one"));
  const { items } = await client.list(configMaps, { namespace: namespace.name });
  assert(items.some(({ metadata }) => metadata.name === "one"));
});

proxiedTest("an object without its namespace is not sent", async ({ client, proxy }) => {
  const lost = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
  assertInstanceOf(await rejection(client.create(configMaps, lost)), TypeError);
  assertInstanceOf(await rejection(client.get(configMaps, { name: "a" })), TypeError);
  assertInstanceOf(
    await rejection(client.get(nodes, { name: "../../api/v1/secrets" })),
    TypeError,
  );
  assertEquals(proxy.seen, []);
});
