import { assert, assertEquals } from "@std/assert";
import { probePort } from "../../src/api/ports.ts";
import { answerProbe, type Check, startProbes } from "../../src/system/probe_server.ts";
import { loopbackAddress } from "../loopback_address.ts";

const good: Check = { name: "loop", problem: undefined };
const bad: Check = { name: "caches", problem: "watch of nodes is behind" };

async function ask(
  path: string,
  { alive = [good], ready = [good], method = "GET" }: {
    alive?: Check[];
    ready?: Check[];
    method?: string;
  } = {},
): Promise<[number, string]> {
  const request = new Request(`http://127.0.0.1:8081${path}`, { method });
  const source = { alive: () => alive, ready: () => Promise.resolve(ready) };
  const answer = await answerProbe(request, source);
  return [answer.status, await answer.text()];
}

Deno.test("one line for each check, and 503 where one failed", async () => {
  assertEquals(await ask("/healthz"), [200, "ok loop\n"]);
  assertEquals(await ask("/healthz", { ready: [bad] }), [200, "ok loop\n"]);
  assertEquals(await ask("/healthz?verbose", { alive: [good, bad] }), [
    503,
    "ok loop\nfailed caches: watch of nodes is behind\n",
  ]);
  assertEquals(await ask("/readyz", { ready: [bad, good] }), [
    503,
    "failed caches: watch of nodes is behind\nok loop\n",
  ]);
});

Deno.test("HEAD has the status alone; other paths and methods are refused", async () => {
  assertEquals(await ask("/readyz", { ready: [bad], method: "HEAD" }), [503, ""]);
  assertEquals(await ask("/healthz", { method: "HEAD" }), [200, ""]);
  for (const path of ["/", "/healthz/", "/metrics", "//healthz", "/healthz%20"]) {
    assertEquals((await ask(path))[0], 404, path);
  }
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    assertEquals((await ask("/healthz", { method }))[0], 405, method);
  }
});

Deno.test("a problem is one line of bounded length, without characters that command a terminal", async () => {
  const [, text] = await ask("/readyz", {
    ready: [{ name: "state", problem: `a\nok \x1b[2Jb\u2028${"c".repeat(10_000)}` }, good],
  });
  const lines = text.split("\n");
  assertEquals(lines.length, 3);
  assert(lines[0]?.startsWith("failed state: a\\012ok \\033[2Jb\\342\\200\\250ccc"), text);
  assertEquals([lines[0]?.length, lines[1]], [300, "ok loop"]);
});

Deno.test("it answers at its address until it is disposed of, and a check that throws is 500", async () => {
  const address = loopbackAddress();
  const source = {
    alive: (): Check[] => [good],
    ready: (): Check[] => {
      throw new Error("secret");
    },
  };
  const probes = await startProbes(address, source);
  const url = `http://${address}:${probePort}`;
  const alive = await fetch(`${url}/healthz`);
  assertEquals([alive.status, await alive.text()], [200, "ok loop\n"]);
  assertEquals(alive.headers.get("connection"), "close"); // probes leave no connections behind
  const broken = await fetch(`${url}/readyz`);
  assertEquals([broken.status, await broken.text()], [500, "Internal error\n"]);
  // Not even one that says nothing keeps it from ending.
  using idle = await Deno.connect({ hostname: address, port: probePort });
  await probes[Symbol.asyncDispose]();
  assertEquals(await idle.read(new Uint8Array(1)), null);
  await (await startProbes(address, source))[Symbol.asyncDispose](); // the port is free again
});
