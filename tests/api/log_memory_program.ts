// Makes the ConfigMaps of a log of as many bytes as the argument says, and prints how many there were, how many bytes
// they held unpacked, and the most memory that this process ever had, in KiB.
import { logConfigMaps } from "../../src/api/log_config_maps.ts";
import { sampleLog } from "./sample_log.ts";

const size = Number(Deno.args[0]);
let parts = 0;
let bytes = 0;
const meta = {
  name: "aide-ds-fi-node-failed",
  namespace: "ns",
  kind: "failed",
  fileIntegrity: "fi",
  node: "node",
  counts: { added: 0, changed: 1, removed: 0 },
  scanTime: "2020-09-15T12:57:20Z",
} as const;
for await (const { data } of logConfigMaps(sampleLog(size), meta)) {
  parts++;
  // Unpacking would show the memory of the unpacking. The last 4 bytes of a gzip file say how many it holds.
  const end = Uint8Array.fromBase64(data?.integritylog?.slice(-8) ?? "");
  bytes += new DataView(end.buffer).getUint32(end.length - 4, true);
}
const peak = /VmHWM:\s+(\d+) kB/.exec(await Deno.readTextFile("/proc/self/status"))?.[1];
await Deno.stdout.write(
  new TextEncoder().encode(JSON.stringify({ parts, bytes, peak: Number(peak) })),
);
