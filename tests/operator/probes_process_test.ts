/** The operator as a process, asked as a kubelet asks it. */

import { assert, assertEquals } from "@std/assert";
import { probePort } from "../../src/api/ports.ts";
import { type Running, start } from "../cli/program.ts";
import { loopbackAddress } from "../loopback_address.ts";

/** Starts an operator whose API server is not there. */
async function startAlone(
  args: readonly string[],
  options: { asProduct?: boolean; env?: Record<string, string> } = {},
): Promise<Running & AsyncDisposable> {
  const directory = await Deno.makeTempDir();
  const kubeconfig = `${directory}/kubeconfig`;
  const config = {
    ...{ "apiVersion": "v1", "kind": "Config", "current-context": "away" },
    // Nobody listens there.
    "clusters": [{ name: "away", cluster: { server: `https://${loopbackAddress()}:6443` } }],
    "users": [{ name: "away", user: { token: "none" } }],
    "contexts": [{ name: "away", context: { cluster: "away", user: "away" } }],
  };
  await Deno.writeTextFile(kubeconfig, JSON.stringify(config));
  const given = [`--kubeconfig=${kubeconfig}`, "--namespace=here", "--image=image", ...args];
  return await start(["operator", ...given], options);
}

async function ask(address: string, path: string, method = "GET"): Promise<[number, string]> {
  const answer = await fetch(`http://${address}:${probePort}${path}`, { method });
  return [answer.status, await answer.text()];
}

const triedInVain = ({ stderr }: Running): boolean => /Lease could not be had/.test(stderr);

Deno.test("without an API server the operator is alive, and not ready", async () => {
  const address = loopbackAddress();
  await using operator = await startAlone([`--bind-address=${address}`], { asProduct: true });
  await operator.until("the first attempt", triedInVain);
  assertEquals(await ask(address, "/healthz"), [200, "ok election\nok reconciler\n"]);
  assertEquals(await ask(address, "/readyz"), [
    503,
    "failed lease: it was not seen yet: the API server has not answered\n",
  ]);
  assertEquals(await ask(address, "/readyz", "HEAD"), [503, ""]);
  assertEquals((await ask(address, "/metrics/x"))[0], 404);
  operator.kill("SIGTERM");
  const { code, stderr } = await operator.end();
  assertEquals(code, 0, stderr);
});

Deno.test("an operator that stands still answers nobody, and goes on where it was", async () => {
  const address = loopbackAddress();
  const env = { BIND_ADDRESS: address };
  await using operator = await startAlone([], { env });
  await operator.until("the first attempt", triedInVain);
  operator.kill("SIGSTOP");
  const question = ask(address, "/healthz");
  const patience = Promise.withResolvers<"no answer">();
  const timer = setTimeout(() => patience.resolve("no answer"), 1_000); // as a kubelet has it
  assertEquals(await Promise.race([question, patience.promise]), "no answer");
  clearTimeout(timer);
  operator.kill("SIGCONT");
  assertEquals((await question)[0], 200);
});

for (
  const [what, address, expected] of [
    ["a port that is taken", loopbackAddress(), "another process has that port: end it, or give"],
    ["an address of another machine", "192.0.2.1", "this machine does not have that address"],
    ["what is no address", "nowhere", "that is no IP address: give one such as 127.0.0.1 or ::1"],
  ] as const
) {
  Deno.test(`${what} ends the operator with 2, and is named with the remedy`, async () => {
    using _taken = address.startsWith("127.")
      ? Deno.listen({ hostname: address, port: probePort })
      : undefined;
    for (const asProduct of [true, false]) {
      await using operator = await startAlone([`--bind-address=${address}`], { asProduct });
      const { code, stderr } = await operator.end();
      assertEquals(code, 2, stderr);
      const { level, message } = JSON.parse(stderr.trim());
      assertEquals(level, "error");
      assert(message.startsWith("Cannot listen on ") && message.includes(address), message);
      assert(message.includes(expected), message);
    }
  });
}
