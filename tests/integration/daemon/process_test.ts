/** The daemon as a process, with the permissions that it has as a product. */

import { assert, assertEquals } from "@std/assert";
import { stringify } from "@std/yaml";
import { daemonArguments } from "../../../src/api/daemon_flags.ts";
import { isRunning } from "../../cli/gated_aide.ts";
import { type Running, start } from "../../cli/program.ts";
import { auditEnd } from "../../cluster/audit_log.ts";
import { loopbackAddress } from "../../loopback_address.ts";
import { type Said, withoutStalls } from "../api_stalls.ts";
import { type DaemonNode, daemonTest } from "./daemon_node.ts";

/** A kubeconfig of the daemon's account. */
async function kubeconfig(node: DaemonNode): Promise<string> {
  const path = `${node.host.directory}/kubeconfig`;
  const token = await node.namespace.token("daemon", node.node);
  await Deno.writeTextFile(
    path,
    stringify({
      "apiVersion": "v1",
      "kind": "Config",
      "clusters": [{
        name: "test",
        cluster: { "server": node.cluster.server, "certificate-authority": node.cluster.caFile },
      }],
      "users": [{ name: "daemon", user: { token } }],
      "contexts": [{ name: "daemon", context: { cluster: "test", user: "daemon" } }],
    }),
  );
  return path;
}

async function startProgram(node: DaemonNode, aide = node.host.aide.path): Promise<Running> {
  const { root, configDir, stateDir = "", ...flags } = node.options;
  const more = { root, "config-dir": configDir, "state-dir": stateDir, aide };
  const options = Object.entries({
    ...more,
    kubeconfig: await kubeconfig(node),
    context: "daemon",
  });
  return await start(
    [...daemonArguments(flags), ...options.map(([name, value]) => `--${name}=${value}`)],
    { asProduct: true, env: { NODE_NAME: node.node, BIND_ADDRESS: loopbackAddress() } },
  );
}

function lines({ stderr }: { stderr: string }): Record<string, unknown>[] {
  return stderr.trim().split("\n").map((line) => JSON.parse(line));
}

daemonTest("a process scans, logs JSON, and ends with 0 at a signal", async (node) => {
  const { auditLog } = node.cluster;
  const from = await auditEnd(auditLog);
  await using daemon = await startProgram(node);
  await node.result("Succeeded");
  await daemon.until("the pause", ({ stderr }) => stderr.includes("Next scan at"));
  daemon.kill("SIGTERM");
  const ended = await daemon.end();
  assertEquals([ended.code, ended.stdout], [0, ""], ended.stderr);
  const all = lines(ended);
  for (const line of all) {
    assertEquals([line.node, line.fileIntegrity], [node.node, `${node.namespace.name}/fi`]);
    assert(Math.abs(Date.parse(String(line.time)) - Date.now()) < 600_000, JSON.stringify(line));
  }
  const said = ({ level, message, time }: Record<string, unknown>): Said => ({
    ...{ level: String(level), message: String(message), time: String(time) },
  });
  for (const line of withoutStalls(all, said, { auditLog, from })) {
    assert(["debug", "info"].includes(String(line.level)), JSON.stringify(line));
  }
  const scans = lines(ended).filter(({ condition }) => condition !== undefined);
  assertEquals(
    scans.map(({ level, condition, entries, reason, scope, added, unverified }) => {
      return { level, condition, entries, reason, scope, added, unverified };
    }),
    [{
      ...{ level: "info", condition: "Succeeded", entries: 3, reason: "first", scope: "full" },
      ...{ added: 0, unverified: 0 },
    }],
  );
  assertEquals(typeof scans[0]?.durationSeconds, "number");
});

daemonTest("a signal ends AIDE with the daemon, and leaves the state as it was", async (node) => {
  const { host } = node;
  const begun = `${host.directory}/begun`;
  const gated = `${host.directory}/gated-aide`;
  await new Deno.Command("mkfifo", { args: [begun] }).output();
  await Deno.writeTextFile(
    gated,
    `#!/bin/sh
case "$*" in *--version*) exec "${host.aide.path}" "$@" ;; esac
echo $$ > "${begun}"
exec sleep 600
`,
    { mode: 0o755 },
  );
  await using daemon = await startProgram(node, gated);
  const pid = Number(await Deno.readTextFile(begun));
  assert(await isRunning(pid));
  daemon.kill("SIGTERM");
  const { code, stderr } = await daemon.end();
  assertEquals(code, 0, stderr);
  assertEquals(await isRunning(pid), false);
  assertEquals((await node.status("it", () => true)).lastResult, undefined);
  const names = (await Array.fromAsync(Deno.readDir(host.state))).map(({ name }) => name).sort();
  assertEquals(names.filter((name) => /^aide\.db\.gz$|\.new$/.test(name)), []);
  // The next one takes it up.
  await using again = await startProgram(node);
  await node.result("Succeeded");
  again.kill("SIGTERM"); // a launcher that is killed would leave it behind
  assertEquals((await again.end()).code, 0);
});
