import { assert, assertEquals } from "@std/assert";
import { convertConfig } from "../../../src/aide/convert.ts";
import { digestText } from "../../../src/base/digest.ts";
import { testPolicy } from "../../node/test_host.ts";
import { daemonTest } from "./daemon_node.ts";

daemonTest("no other configuration than the wanted one is ever run", async (node) => {
  const mounted = `${node.host.directory}/config/aide.conf`;
  const wanted = node.config;
  await Deno.writeTextFile(mounted, `${wanted}\n# an older one\n`);
  await using daemon = await node.start();
  const { properties } = await daemon.log.said(/^Waiting for the configuration/);
  assertEquals(properties.problem, `it has digest ${digestText(`${wanted}\n# an older one\n`)}`);
  // As the kubelet does it: a new directory, and a link that is moved to it.
  await Deno.writeTextFile(`${mounted}.new`, wanted);
  await Deno.rename(`${mounted}.new`, mounted);
  const first = await node.result("Succeeded");
  assertEquals(first.baseline?.configDigest, digestText(wanted));

  // From then on the mount is not looked at: what comes after it comes with another daemon.
  await Deno.writeTextFile(mounted, "/hostroot/usr sha512\n");
  await node.host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  const failed = await node.result("Failed", first);
  assertEquals(failed.lastResult?.scan?.configDigest, digestText(wanted));
});

daemonTest("a configuration that is not mounted yet is waited for", async (node) => {
  await Deno.remove(`${node.host.directory}/config`, { recursive: true });
  await using daemon = await node.start();
  await daemon.log.said(/^Waiting for the configuration .*No such file/);
  await Deno.mkdir(`${node.host.directory}/config`);
  await Deno.writeTextFile(`${node.host.directory}/config/aide.conf`, node.config);
  daemon.clock.skip(10_000); // the slow look: there was nothing to watch
  await node.result("Succeeded");
});

daemonTest("a daemon with another configuration says what its baseline absorbed", async (node) => {
  const { host } = node;
  const daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await daemon.stop();
  await host.append("etc/hosts", "# changed under the old one\n");
  const config = convertConfig(`${testPolicy}\n/usr CONTENT\n`).text;
  await Deno.writeTextFile(`${host.directory}/config/aide.conf`, config);
  await using _again = await node.start({ configDigest: digestText(config) });
  const { baseline } = await node.result("Succeeded", first);
  assertEquals([baseline?.reason, baseline?.configDigest], ["config-change", digestText(config)]);
  assertEquals([baseline?.absorbed?.changed, baseline?.absorbed?.resultConfigMapName], [
    1,
    `aide-ds-fi-${node.node}-absorbed`,
  ]);
  assert(baseline?.digest !== first.baseline?.digest);
});
