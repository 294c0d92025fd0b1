import { assert, assertEquals } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { resources } from "../../../src/kube/resource.ts";
import { openLog } from "../../../src/node/log_text.ts";
import { localDisk } from "../../../src/node/disk.ts";
import { daemonTest } from "./daemon_node.ts";

const many = 16_000;

/** Adds files with names that no compression makes short. */
async function addFiles(directory: string): Promise<void> {
  await Deno.mkdir(directory);
  for (let at = 0; at < many; at++) {
    const name = crypto.getRandomValues(new Uint8Array(90)).toHex();
    await Deno.writeTextFile(`${directory}/${name}`, "");
  }
}

async function unpacked(text: string): Promise<string> {
  const gzip = new Blob([Uint8Array.fromBase64(text)]).stream();
  return await new Response(gzip.pipeThrough(new DecompressionStream("gzip"))).text();
}

daemonTest("a log of several megabytes comes in parts that are the whole of it", async (node) => {
  const { host } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await addFiles(host.at("etc/many"));
  daemon.nextScan();
  const { lastResult } = await node.result("Failed", first);
  assertEquals([lastResult?.filesAdded, lastResult?.filesChanged], [many + 1, 1]);
  let log = "";
  let parts = 0;
  for (let name = lastResult?.resultConfigMapName; name !== undefined; parts++) {
    const part = await node.object(name, resources.configMaps, name, () => true);
    const noted = part.metadata.annotations ?? {};
    assertEquals(noted[annotations.logPart], String(parts + 1));
    assertEquals(noted[annotations.logScan], lastResult?.lastProbeTime);
    log += await unpacked(part.data?.["integritylog"] ?? "");
    name = noted[annotations.logNext];
    if (name === undefined) assertEquals(noted[annotations.logParts], String(parts + 1));
  }
  assert(parts > 1, `${parts} parts`);
  assert(log.length > 3_000_000, `${log.length} bytes`);
  const whole = openLog(localDisk, { files: [`${host.state}/aide.log`], remark: "" });
  assertEquals(log === await new Response(whole).text(), true);
});
