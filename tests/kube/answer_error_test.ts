import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { answerError } from "../../src/kube/answer_error.ts";
import type { Call } from "../../src/kube/call.ts";
import { kubeErrorKinds } from "../../src/kube/kube_error.ts";
import { resources } from "../../src/kube/resource.ts";

const call: Call = {
  verb: "get",
  resource: resources.configMaps,
  address: { namespace: "a", name: "b" },
};

const status = (code: number, reason: string, message = "It says why"): string =>
  JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message });

Deno.test("each answer is an error of its kind", () => {
  const cases: [number, string, string][] = [
    [400, status(400, "BadRequest"), "bad-request"],
    [401, status(401, "Unauthorized"), "unauthorized"],
    [403, status(403, "Forbidden"), "forbidden"],
    [404, status(404, "NotFound"), "not-found"],
    [404, "404 page not found\n", "bad-request"],
    [405, status(405, "MethodNotAllowed"), "bad-request"],
    [406, "", "bad-request"],
    [409, status(409, "AlreadyExists"), "already-exists"],
    [409, status(409, "Conflict"), "conflict"],
    [409, "", "conflict"],
    [410, status(410, "Expired"), "gone"],
    [413, "", "bad-request"],
    [415, "", "bad-request"],
    [422, status(422, "Invalid"), "invalid"],
    [429, status(429, "TooManyRequests"), "too-many-requests"],
    [500, status(500, "InternalError"), "server-error"],
    [501, "", "server-error"],
    [502, "<html>", "unavailable"],
    [503, status(503, "ServiceUnavailable"), "unavailable"],
    [504, status(504, "Timeout"), "unavailable"],
    [304, "", "protocol"],
    [302, "", "protocol"],
  ];
  for (const [code, body, kind] of cases) {
    const error = answerError(call, { code, body });
    assertEquals([error.kind, error.code], [kind, code]);
    assert(error.message.startsWith("Cannot get ConfigMap a/b: "), error.message);
  }
});

Deno.test("an error carries what the server says", () => {
  const details = { name: "b", kind: "configmaps", causes: [{ field: "data" }] };
  const body = JSON.stringify({
    ...{ kind: "Status", code: 422, reason: "Invalid", message: "No", details },
  });
  const error = answerError(call, { code: 422, body, retryAfter: 5 });
  assertEquals(error.status, { code: 422, reason: "Invalid", message: "No", details });
  assertEquals(error.retryAfter, 5);
  assertEquals(error.message, "Cannot get ConfigMap a/b: No (HTTP 422)");
});

Deno.test("an error says what to do where that is known", () => {
  const denied = 'configmaps "b" is forbidden: User "system:serviceaccount:x:y" cannot get ' +
    'resource "configmaps" in API group "" in the namespace "a"';
  const message = (code: number, body: string): string => answerError(call, { code, body }).message;
  assert(
    message(403, status(403, "Forbidden", denied)).endsWith(
      '; let a role of "system:serviceaccount:x:y" get "configmaps" of API group ""',
    ),
  );
  assert(
    message(403, status(403, "Forbidden", "exceeded quota: pods")).endsWith(
      "exceeded quota: pods (HTTP 403)",
    ),
  );
  assert(message(401, "").endsWith("renew them"));
  assert(message(404, "404 page not found").endsWith("apply its CustomResourceDefinition"));
  assert(message(307, "").endsWith("check the address of the API server"));
});

Deno.test("the words of an error are one bounded line, whoever sent them", () => {
  fc.assert(fc.property(
    fc.integer({ min: 300, max: 599 }),
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }).map((message) => status(400, "X", message)),
      fc.json(),
    ),
    (code, body) => {
      const error = answerError(call, { code, body });
      assert(kubeErrorKinds.includes(error.kind));
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f]/.test(error.message), error.message);
    },
  ));
  assert(
    answerError(call, { code: 500, body: status(500, "X", "y".repeat(1e6)) }).message.length < 3000,
  );
});
