/** The daemon as a process, asked as a kubelet asks it, while its API server is away. */

import { assert, assertEquals } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";
import { daemonArguments } from "../../src/api/daemon_flags.ts";
import { probePort } from "../../src/api/ports.ts";
import { digestText } from "../../src/base/digest.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { answer } from "../cli/gated_aide.ts";
import { type Running, start } from "../cli/program.ts";
import { loopbackAddress } from "../loopback_address.ts";
import { TestHost, testPolicy } from "../node/test_host.ts";

const [aide] = (await aideBinaries()).slice(-1);
const config = convertConfig(testPolicy).text;

/** A node with a host and a configuration, and no API server. */
class LonelyNode implements AsyncDisposable {
  readonly address = loopbackAddress();

  private constructor(readonly host: TestHost) {}

  static async make(): Promise<LonelyNode> {
    if (aide === undefined) throw new Error("There is no AIDE to test with");
    const host = await TestHost.make(aide);
    await Deno.mkdir(`${host.directory}/config`);
    await Deno.mkdir(host.state, { mode: 0o700, recursive: true });
    await Deno.writeTextFile(`${host.directory}/config/aide.conf`, config);
    const kubeconfig = {
      ...{ "apiVersion": "v1", "kind": "Config", "current-context": "away" },
      // Nobody listens there.
      "clusters": [{ name: "away", cluster: { server: `https://${loopbackAddress()}:6443` } }],
      "users": [{ name: "away", user: { token: "none" } }],
      "contexts": [{ name: "away", context: { cluster: "away", user: "away" } }],
    };
    await Deno.writeTextFile(`${host.directory}/kubeconfig`, JSON.stringify(kubeconfig));
    return new LonelyNode(host);
  }

  async start(
    { address = this.address, program = this.host.aide.path, asProduct = true } = {},
  ): Promise<Running & AsyncDisposable> {
    const { directory, root, state } = this.host;
    return await start([
      ...daemonArguments({
        ...{ fileIntegrity: "fi", uid: "uid", namespace: "ns", configDigest: digestText(config) },
        ...{ interval: 900, maxBackups: 5, initialDelay: 0, debug: false, workers: 1 },
      }),
      ...[`--root=${root}`, `--config-dir=${directory}/config`, `--state-dir=${state}`],
      ...[`--kubeconfig=${directory}/kubeconfig`, `--aide=${program}`],
      `--bind-address=${address}`,
    ], { asProduct, env: { NODE_NAME: "node" } });
  }

  async ask(path: string): Promise<[number, string]> {
    const answer = await fetch(`http://${this.address}:${probePort}${path}`);
    return [answer.status, await answer.text()];
  }

  /** What is said to be wrong, once the daemon has looked at all but so many things that it needs. */
  async ready(daemon: Running, unseen = 0): Promise<[number, string[]]> {
    // It says that it begins before it listens, and nothing after that while it has what it needs.
    await daemon.until("it begins", ({ stderr }) => /"Daemon /.test(stderr));
    return await answer("it to have looked", async () => {
      const asked = await this.ask("/readyz").catch(() => undefined);
      if (asked === undefined) return undefined;
      const [status, text] = asked;
      const failed = text.split("\n").filter((line) => line.startsWith("failed "));
      // Its first answer waits for some seconds only: AIDE may take longer to say its version.
      const unknown = failed.filter((line) => line.endsWith(" yet"));
      return unknown.length > unseen ? undefined : [status, failed] as [number, string[]];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
  }
}

async function endWell(daemon: Running): Promise<void> {
  daemon.kill("SIGTERM"); // a launcher that is killed would leave it behind
  const { code, stderr } = await daemon.end();
  assertEquals(code, 0, stderr);
}

Deno.test("a daemon that has what it needs is ready and alive, whether or not its API server is there", async () => {
  await using node = await LonelyNode.make();
  await using daemon = await node.start();
  assertEquals(await node.ready(daemon), [200, []]);
  assertEquals(await node.ask("/readyz"), [200, "ok configuration\nok aide\nok state\n"]);
  await daemon.until("an attempt to reach it", ({ stderr }) => /tried again/.test(stderr));
  assertEquals(await node.ask("/healthz"), [200, "ok scans\n"]);
  assertEquals((await node.ask("/readyz"))[0], 200);
  assertEquals((await node.ask("/"))[0], 404);
  await endWell(daemon);
});

Deno.test("what the daemon lacks on its node is named", async () => {
  await using node = await LonelyNode.make();
  const { directory, state } = node.host;
  await Deno.writeTextFile(`${directory}/config/aide.conf`, `${config}# of another time\n`);
  {
    await using daemon = await node.start({ program: `${directory}/no-aide` });
    const [status, [first = "", second = "", third = "", ...others]] = await node.ready(daemon, 1);
    assertEquals([status, others], [503, []]);
    assert(/^failed configuration: sha256:\w+ is wanted in .*it has digest sha256:/.test(first));
    assert(second.startsWith("failed aide: AIDE is missing or does not start: install"), second);
    assertEquals(third, "failed state: the directory was not looked at yet");
    assertEquals(await node.ask("/healthz"), [200, "ok scans\n"]); // a restart brings none of it
    await endWell(daemon);
  }
  await Deno.writeTextFile(`${directory}/config/aide.conf`, config);
  await Deno.chmod(state, 0o777);
  await using daemon = await node.start();
  const [status, [state1 = "", ...others]] = await node.ready(daemon);
  assertEquals([status, others], [503, []]);
  assert(/^failed state: State directory .* is not safe: others than the user/.test(state1));
  await Deno.chmod(state, 0o700);
  // It looks again and again.
  const mended = await answer("the directory to be taken", async () => {
    const [status, text] = await node.ask("/readyz");
    return status === 200 ? text : undefined;
  });
  assertEquals(mended, "ok configuration\nok aide\nok state\n");
  await endWell(daemon);
});

Deno.test("a daemon that stands still answers nobody, and goes on where it was", async () => {
  await using node = await LonelyNode.make();
  await using daemon = await node.start({ asProduct: false });
  assertEquals(await node.ready(daemon), [200, []]);
  daemon.kill("SIGSTOP");
  const question = node.ask("/healthz");
  const patience = Promise.withResolvers<"no answer">();
  const timer = setTimeout(() => patience.resolve("no answer"), 1_000); // as a kubelet has it
  assertEquals(await Promise.race([question, patience.promise]), "no answer");
  clearTimeout(timer);
  daemon.kill("SIGCONT");
  assertEquals(await question, [200, "ok scans\n"]);
  await endWell(daemon);
});

Deno.test("a port that is taken, and what is no address, end the daemon with 2", async () => {
  await using node = await LonelyNode.make();
  const { address } = node;
  using _taken = Deno.listen({ hostname: address, port: probePort });
  for (const [given, expected] of [[address, "another process has"], ["::x", "no IP address"]]) {
    await using daemon = await node.start({ address: given });
    const { code, stderr } = await daemon.end();
    assertEquals(code, 2, stderr);
    const last = JSON.parse(stderr.trim().split("\n").at(-1) ?? "");
    assertEquals(last.level, "error");
    assert(last.message.startsWith("Cannot listen on "), last.message);
    assert(last.message.includes(expected) && last.message.includes(given), last.message);
  }
});
