import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { unpackedLog } from "./jq.ts";
import { type Ran, start } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const entries = 490_000;
const perChunk = 2000;
// A fifth of the log: what is held is a part or two of it, never a share that grows with it.
const mostGrown = 40e6;
const rule = "-".repeat(51);
const encoder = new TextEncoder();

/** Numbers that no compressor foresees and that are the same in every run. */
function* noise(): Generator<number> {
  for (let state = 1;;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function hashes(): () => string {
  const numbers = noise();
  return () => {
    let hash = "";
    for (let at = 0; at < 17; at++) {
      let number = numbers.next().value as number;
      for (let digit = 0; digit < 5; digit++) {
        hash += alphabet[number & 63];
        number >>>= 6;
      }
    }
    return `${hash}A==`;
  };
}

const path = (number: number): string =>
  `/usr/lib/modules/6.18.0/kernel/drivers/net/wireless/vendor/driver_${number}.ko`;

async function write(
  file: Deno.FsFile,
  head: string,
  entry: (number: number) => string,
  tail: string,
): Promise<void> {
  const put = async (text: string): Promise<void> => {
    for (let bytes = encoder.encode(text); bytes.length > 0;) {
      bytes = bytes.subarray(await file.write(bytes));
    }
  };
  await put(head);
  for (let number = 0; number < entries;) {
    let chunk = "";
    const end = Math.min(number + perChunk, entries);
    for (; number < end; number++) chunk += entry(number);
    await put(chunk);
  }
  await put(tail);
}

/** The reports of an AIDE that finds `entries` changed files: `write(file, head, list, …)` in both formats. */
async function writeReports(directory: string): Promise<void> {
  const time = "2026-11-23 13:10:54 +0000";
  const outline = "AIDE found differences between database and filesystem!!";
  using plain = await Deno.create(`${directory}/plain`);
  await write(
    plain,
    `Start timestamp: ${time} (AIDE 0.19.1)\n${outline}\n\nSummary:\n` +
      `  Total number of entries:\t${entries}\n  Added entries:\t\t0\n` +
      `  Removed entries:\t\t0\n  Changed entries:\t\t${entries}\n\n` +
      `${rule}\nChanged entries:\n${rule}\n`,
    (number) => `\nf   ...    .H..   : ${path(number)}`,
    `\n\n${rule}\nDetailed information about changes:\n${rule}\n`,
  );
  const [before, after] = [hashes(), hashes()];
  after();
  await write(
    plain,
    "",
    (number) => {
      const [from, to] = [before(), after()];
      const rows = [0, 32, 64].map((at) =>
        ` ${at === 0 ? "SHA512    :" : "           "} ${from.slice(at, at + 32).padEnd(33)}| ${
          to.slice(at, at + 32)
        }\n`
      );
      return `\nFile: ${path(number)}\n${rows.join("")}`;
    },
    `\n\nEnd timestamp: ${time} (run time: 0m 9s)\n`,
  );
  using json = await Deno.create(`${directory}/json`);
  await write(
    json,
    `{\n  "start_time": "${time}",\n  "aide_version": "0.19.1",\n  "outline": "${outline}",\n` +
      `  "number_of_entries": {\n    "total": ${entries},\n    "added": 0,\n    "removed": 0,\n` +
      `    "changed": ${entries}\n  },\n  "changed": {\n`,
    (number) => `${number === 0 ? "" : ",\n"}    "${path(number)}": "f   ...    .H..   "`,
    "\n  },\n",
  );
  const [old, now] = [hashes(), hashes()];
  now();
  await write(
    json,
    '  "details": {\n',
    (number) =>
      `${number === 0 ? "" : ",\n"}    "${path(number)}": {\n      "sha512": {\n` +
      `        "old": "${old()}",\n        "new": "${now()}"\n      }\n    }`,
    `\n  },\n  "end_time": "${time}",\n  "run_time_seconds": 9\n}\n`,
  );
}

/** An AIDE that takes baselines itself and answers a check with the prepared reports. */
async function reportingAide(host: ScanHost): Promise<string> {
  const program = await host.file(
    "reporting-aide",
    `#!/bin/sh
case "$*" in *--version*|*--init*) exec "${host.aide}" "$@" ;; esac
log=$(sed -n 's/^report_url=file://p')
cat "${host.directory}/plain" > "$log"
cat "${host.directory}/json"
exit 4
`,
  );
  await Deno.chmod(program, 0o755);
  return program;
}

/** The processes that a process started. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`).catch(() => "");
  return text.split(" ").filter((one) => one !== "").map(Number);
}

// Not how long it may take, but when the test gives up.
const patienceMs = 1_200_000;

/** The most memory that a scan ever had, in bytes, run as the product runs it, and how it ended. */
async function scanMemory(args: string[]): Promise<Ran & { peak: number }> {
  await using launcher = await start(args, { asProduct: true });
  let ended = false;
  const end = launcher.end(patienceMs).finally(() => ended = true);
  let peak = 0;
  while (!ended) {
    for (const pid of await childrenOf(launcher.pid)) {
      const text = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(text)?.[1] ?? 0) * 1024);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { ...await end, peak };
}

Deno.test("a log of 200 MB: memory stays flat, and every line of it is in the ConfigMaps", async () => {
  const aide = (await aideBinaries())[1]?.path ?? "";
  await using host = await ScanHost.make(aide);
  await writeReports(host.directory);
  const size = (await Deno.stat(`${host.directory}/plain`)).size;
  assert(size > 190e6 && size < 220e6, `${size} bytes`);
  const small = host.arguments(["--once", "-o", "json"]);
  const none = await scanMemory(small);
  assertEquals(none.code, 0, none.stderr);
  await host.append();
  const few = await scanMemory(small);
  assertEquals(few.code, 1, few.stderr);

  const program = await reportingAide(host);
  const many = await scanMemory(small.map((one) => one === aide ? program : one));
  assertEquals(many.code, 1, many.stderr);
  const { lastResult } = JSON.parse(await Deno.readTextFile(`${host.state}/status.json`));
  assertEquals([lastResult.condition, lastResult.changes.changed], ["Failed", entries]);

  const expected = (await Deno.readTextFile(`${host.directory}/plain`))
    .replaceAll(/^(f .*: |File: )/gm, "$1/hostroot");
  const base = `${host.state}/${lastResult.resultConfigMapName}`;
  let at = 0;
  let parts = 0;
  for (let part = 1, next: string | undefined = `${base}.json`; next !== undefined; part++) {
    const { metadata: { annotations }, data } = JSON.parse(await Deno.readTextFile(next));
    assert(data.integritylog.length <= 1_048_570);
    assertEquals(annotations["file-integrity.openshift.io/log-part"], String(part));
    const text = await unpackedLog(next);
    assert(text.endsWith("\n"), `part ${part} ends within a line`);
    assert(expected.startsWith(text, at), `part ${part} is not what follows in the log`);
    at += text.length;
    parts = part;
    const name: string | undefined = annotations["file-integrity.openshift.io/log-next"];
    next = name && `${host.state}/${name}.json`;
  }
  assertEquals(at, expected.length);
  assert(parts > 50, `${parts} parts`);

  // A shorter log leaves nothing of the longer one behind.
  const fewAgain = await scanMemory(small);
  assertEquals(fewAgain.code, 1, fewAgain.stderr);
  const maps = (await Array.fromAsync(Deno.readDir(host.state))).filter(({ name }) =>
    name.includes("-failed") || name.endsWith(".tmp")
  );
  assertEquals(maps.map(({ name }) => name), [`${lastResult.resultConfigMapName}.json`]);

  // A small scan is over so soon that the last look at one may have been before its peak.
  const usual = Math.max(none.peak, few.peak, fewAgain.peak);
  assert(
    many.peak - usual < mostGrown,
    `${usual} bytes for small logs, ${many.peak} for a large one`,
  );
});
