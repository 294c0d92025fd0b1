import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { action, type Call, callUrl } from "../../src/kube/call.ts";
import { resource, resourcePath, resources } from "../../src/kube/resource.ts";

const { configMaps, fileIntegrities, nodes } = resources;

Deno.test("objects and collections have the paths that the API server knows", () => {
  assertEquals(resourcePath(configMaps, {}), "/api/v1/configmaps");
  assertEquals(resourcePath(configMaps, { namespace: "a" }), "/api/v1/namespaces/a/configmaps");
  assertEquals(
    resourcePath(fileIntegrities, { namespace: "a", name: "b", subresource: "status" }),
    "/apis/fileintegrity.openshift.io/v1alpha1/namespaces/a/fileintegrities/b/status",
  );
  assertEquals(resourcePath(nodes, { name: "n.example" }), "/api/v1/nodes/n.example");
  assertEquals(
    resourcePath(resource("rbac.authorization.k8s.io/v1", "Role", "roles", "namespaced"), {
      namespace: "a",
      name: "system:x",
    }),
    "/apis/rbac.authorization.k8s.io/v1/namespaces/a/roles/system%3Ax",
  );
});

Deno.test("an address that the kind does not have is refused", () => {
  assertThrows(() => resourcePath(nodes, { namespace: "a", name: "b" }), TypeError, "it has none");
  assertThrows(() => resourcePath(configMaps, { name: "b" }), TypeError, "without a namespace");
});

Deno.test("no name leads anywhere but to an object of its kind", () => {
  const refused = ["", ".", "..", "a/b", "../secrets", "%2e%2e", "a%2fb", "/"];
  for (const name of refused) {
    assertThrows(() => resourcePath(configMaps, { namespace: "a", name }), TypeError);
    assertThrows(() => resourcePath(configMaps, { namespace: name }), TypeError);
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (namespace, name) => {
      let path;
      try {
        path = resourcePath(configMaps, { namespace, name });
      } catch {
        return;
      }
      // As fetch takes it: nothing is resolved, cut off as a query, or joined.
      const { pathname, search, hash, host } = new URL(`https://server${path}`);
      assertEquals([search, hash, host], ["", "", "server"]);
      const parts = pathname.split("/");
      assertEquals(parts.length, 7);
      assertEquals([parts[3], parts[5]], ["namespaces", "configmaps"]);
      assertEquals([decodeURIComponent(parts[4] ?? ""), decodeURIComponent(parts[6] ?? "")], [
        namespace,
        name,
      ]);
    }),
  );
});

Deno.test("the URL of a call keeps the server's own path, and holds every parameter", () => {
  const call: Call = {
    verb: "list",
    resource: configMaps,
    address: { namespace: "a" },
    query: { labelSelector: "x in (a,b)&c", limit: 2, watch: undefined, force: true },
  };
  const expected =
    "/api/v1/namespaces/a/configmaps?labelSelector=x+in+%28a%2Cb%29%26c&limit=2&force=true";
  assertEquals(callUrl("https://h:1", call).href, `https://h:1${expected}`);
  assertEquals(callUrl("https://h:1/k8s/c/x/", call).href, `https://h:1/k8s/c/x${expected}`);
});

Deno.test("an error names what it was about", () => {
  const named = (call: Partial<Call>): string =>
    action({ verb: "get", resource: configMaps, address: {}, ...call });
  assertEquals(named({ address: { namespace: "a", name: "b" } }), "Cannot get ConfigMap a/b");
  assertEquals(named({ verb: "list" }), "Cannot list configmaps");
  assertEquals(
    named({ verb: "list", address: { namespace: "a" } }),
    "Cannot list configmaps in namespace a",
  );
  assertEquals(
    named({ verb: "create", address: { namespace: "a" }, created: "b" }),
    "Cannot create ConfigMap a/b",
  );
  assertEquals(
    named({
      verb: "apply",
      resource: fileIntegrities,
      address: { namespace: "a", name: "b", subresource: "status" },
    }),
    "Cannot apply the status of FileIntegrity a/b",
  );
});
