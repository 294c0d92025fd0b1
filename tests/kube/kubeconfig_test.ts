import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { stringify } from "@std/yaml";
import { bearer } from "../../src/kube/bearer_token.ts";
import { kubeconfigConnection } from "../../src/kube/kubeconfig.ts";
import { kubeconfigPaths } from "../../src/kube/kubeconfig_files.ts";
import { KubeError } from "../../src/kube/kube_error.ts";
import { ThrowawayAuthority } from "../integration/throwaway_authority.ts";
import { tokenEnd } from "../../src/kube/oidc_credentials.ts";

type Fields = Record<string, unknown>;

const secret = "s3cr3t-t0k3n";

function kubeconfig(cluster: Fields = {}, user: Fields = { token: secret }): string {
  return stringify({
    clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1", ...cluster } }],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  });
}

/** How often trust was limited to given authorities by a kubeconfig that is taken. */
async function trusted(text: string): Promise<number> {
  const path = await Deno.makeTempFile();
  let times = 0;
  try {
    await Deno.writeTextFile(path, text);
    using _ = await kubeconfigConnection({ path, trust: () => void times++ });
    return times;
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a kubeconfig that would be unsafe, or can't be followed, is refused by name", async () => {
  const provider = (name: string, config: Fields = {}): Fields => ({
    "auth-provider": { name, config },
  });
  const cases: [string, string][] = [
    [
      kubeconfig({ "insecure-skip-tls-verify": true }),
      "remove that and give certificate-authority",
    ],
    [kubeconfig({ "tls-server-name": "other" }), "give a server address that its certificate has"],
    [kubeconfig({ server: "http://10.0.0.1" }), "so that anybody could read the token; use https"],
    [kubeconfig({ server: "http://127.0.0.1.example" }), "use https"],
    [kubeconfig({ server: "ftp://x" }), "begin it with https://"],
    [kubeconfig({ server: "nothing" }), "begin it with https://"],
    [kubeconfig({ "proxy-url": "ftp://x" }), "neither http, https nor socks5"],
    [kubeconfig({ "certificate-authority-data": "%%%" }), "not base64 of PEM"],
    [kubeconfig({ "certificate-authority-data": btoa("AAAA") }), "not base64 of PEM"],
    [kubeconfig({ "certificate-authority": "/nonexistent/ca.crt" }), "No such file"],
    [kubeconfig({}, { as: "admin", token: secret }), "acts as somebody else (as)"],
    [kubeconfig({}, { token: secret, "as-groups": ["system:masters"] }), "(as-groups)"],
    [kubeconfig({}, { "client-certificate": "/x" }), "needs its key"],
    [kubeconfig({}, { exec: {} }), "its exec names no command"],
    [kubeconfig({}, provider("gcp")), "use its provider's exec plugin"],
    [
      kubeconfig({}, provider("oidc", { "client-id": "x", "idp-issuer-url": "http://x" })),
      "with https",
    ],
    [
      "current-context: nowhere\n",
      'Cannot find the context "nowhere" in the kubeconfig; it has: none',
    ],
    ["contexts: []\n", 'Cannot find the context ""'],
    [`users: [{name: u, user: {token: ${secret}}\n  x`, "it is not YAML of a kubeconfig"],
    [`${secret}\n`, "Cannot"],
  ];
  for (const [text, words] of cases) {
    const error = await assertRejects(() => trusted(text), KubeError);
    assert(error.message.includes(words), `${error.message} lacks ${words}`);
    assertEquals(Deno.inspect(error, { depth: 10 }).includes(secret), false, error.message);
  }
});

Deno.test("a kubeconfig that names an authority trusts that one alone", async () => {
  const ca = btoa((await ThrowawayAuthority.make()).ca);
  const data = { "certificate-authority-data": ca };
  const oidc = (config: Fields): Fields => ({
    "auth-provider": {
      name: "oidc",
      config: { "client-id": "x", "idp-issuer-url": "https://x", ...config },
    },
  });
  assertEquals(await trusted(kubeconfig(data)), 1);
  // These need the authorities that the machine trusts.
  assertEquals(await trusted(kubeconfig()), 0);
  assertEquals(await trusted(kubeconfig(data, oidc({}))), 0);
  assertEquals(await trusted(kubeconfig(data, oidc({ "idp-certificate-authority-data": ca }))), 1);
  assertEquals(await trusted(kubeconfig({ ...data, "proxy-url": "https://127.0.0.1:1" })), 0);
  // Loopback is where a proxy of kubectl listens.
  assertEquals(await trusted(kubeconfig({ server: "http://localhost:8001" })), 0);
});

Deno.test("a kubeconfig is where kubectl looks for it", () => {
  const env = (values: Record<string, string>) => (name: string): string | undefined =>
    values[name];
  assertEquals(kubeconfigPaths("/x", env({ KUBECONFIG: "/a" })), ["/x"]);
  assertEquals(kubeconfigPaths(undefined, env({ KUBECONFIG: "/a::/b", HOME: "/h" })), ["/a", "/b"]);
  assertEquals(kubeconfigPaths(undefined, env({ KUBECONFIG: "", HOME: "/h" })), [
    "/h/.kube/config",
  ]);
  assertEquals(kubeconfigPaths(undefined, env({})), []);
});

Deno.test("a token that can stand in no header is not shown", () => {
  assertEquals(bearer("abc.DEF-_~+/=", "of a"), "Bearer abc.DEF-_~+/=");
  for (const token of ["", `${secret}\n`, `${secret} x`, `${secret}ä`]) {
    const error = assertThrows(() => bearer(token, "of a"), KubeError, "Cannot use the token of a");
    assertEquals(error.message.includes(secret), false);
  }
});

Deno.test("the end of a token is read from its claims", () => {
  const token = (claims: string): string =>
    `e30.${
      new TextEncoder().encode(claims).toBase64({ alphabet: "base64url", omitPadding: true })
    }.x`;
  assertEquals(tokenEnd(token('{"exp":1795494573,"name":"ä?>"}')), 1795494573000);
  for (
    const none of ["", "a", "a.b.c", token("{}"), token("null"), token('{"exp":"1"}'), token("[")]
  ) {
    assertEquals(tokenEnd(none), undefined, none);
  }
});
