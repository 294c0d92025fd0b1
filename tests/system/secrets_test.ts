import { assertEquals } from "@std/assert";
import { withoutSecrets } from "../../src/system/secrets.ts";

Deno.test("what is no secret stays", () => {
  for (
    const text of [
      "Cannot get ConfigMap a/b: no answer from https://10.0.0.1:6443: connection refused",
      "the Basic authentication is missing, and so is the Bearer token",
      "sha256:0f343b0931126a20f133d67c2b018a3b1c6e0d3c5e0f6c2d9a3b1c6e0d3c5e0f",
      "mail root@example.com about http://example.com/?q=a@b",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ]
  ) assertEquals(withoutSecrets(text), text);
});

Deno.test("a secret goes, and what is around it stays", () => {
  assertEquals(
    withoutSecrets("proxy http://u:p%40@h:3128, socks5://only-user@h: down"),
    "proxy http://[hidden]@h:3128, socks5://[hidden]@h: down",
  );
  assertEquals(
    withoutSecrets('{"Authorization":["bearer 0123456789abcdef"],"x":1}'),
    '{"Authorization":["bearer [hidden]"],"x":1}',
  );
  assertEquals(
    withoutSecrets("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.c2ln is bad"),
    "token [hidden] is bad",
  );
  assertEquals(
    withoutSecrets("key -----BEGIN PRIVATE KEY-----\nMII"),
    "key [hidden]", // also of one that was cut
  );
});
