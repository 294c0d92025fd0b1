import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import type { ConfigMap } from "../../src/api/config_map.ts";
import { logConfigMaps, type LogMeta, maxLogBytes } from "../../src/api/log_config_maps.ts";
import { validateConfigMap } from "../../src/api/validate.ts";
import { sampleLog } from "./sample_log.ts";

const prefix = "file-integrity.openshift.io/";
const name = "aide-ds-worker-fileintegrity-ip-10-0-130-192.ec2.internal-failed";
const limit = 1_048_570;

const meta: LogMeta = {
  name,
  namespace: "openshift-file-integrity",
  kind: "failed",
  fileIntegrity: "worker-fileintegrity",
  node: "ip-10-0-130-192.ec2.internal",
  counts: { added: 0, changed: 1, removed: 0 },
  scanTime: "2020-09-15T12:57:20Z",
};

async function make(
  log: Uint8Array | string | ReadableStream<Uint8Array>,
  more: Partial<LogMeta> = {},
): Promise<ConfigMap[]> {
  const stream = log instanceof ReadableStream
    ? log
    : ReadableStream.from([typeof log === "string" ? new TextEncoder().encode(log) : log]);
  return await Array.fromAsync(logConfigMaps(stream, { ...meta, ...more }));
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** What the command of the documentation gives for a ConfigMap. */
async function extracted(configMap: ConfigMap): Promise<Uint8Array> {
  const child = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", "jq -r '.data.integritylog' | base64 -d | gunzip"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const written = ReadableStream.from([new TextEncoder().encode(JSON.stringify(configMap))]).pipeTo(
    child.stdin,
  );
  const { success, stdout, stderr } = await child.output();
  await written;
  assert(success, new TextDecoder().decode(stderr));
  return stdout;
}

/** The log that ConfigMaps hold, read back without the tools, for many small cases. */
async function unpacked(maps: ConfigMap[]): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (const { data, metadata } of maps) {
    const log = data?.integritylog ?? "";
    if (metadata.annotations?.[`${prefix}compressed`] === undefined) {
      pieces.push(new TextEncoder().encode(log));
    } else {
      const gzip = new Blob([Uint8Array.fromBase64(log)]).stream();
      pieces.push(await bytesOf(gzip.pipeThrough(new DecompressionStream("gzip"))));
    }
  }
  return await bytesOf(new Blob(pieces as BlobPart[]).stream());
}

const note = (configMap: ConfigMap | undefined, key: string): string | undefined =>
  configMap?.metadata.annotations?.[prefix + key];

function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  assertEquals(at, -1, `differs at byte ${at}`);
}

Deno.test("a log is held as the documentation prints it", async () => {
  const log = "AIDE found differences\nchanged: /hostroot/etc/resolv.conf\n\ttab\n";
  assertEquals(await make(log), [{
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace: "openshift-file-integrity",
      labels: {
        "file-integrity.openshift.io/node": "ip-10-0-130-192.ec2.internal",
        "file-integrity.openshift.io/owner": "worker-fileintegrity",
        "file-integrity.openshift.io/result-log": "",
      },
      annotations: {
        "file-integrity.openshift.io/files-added": "0",
        "file-integrity.openshift.io/files-changed": "1",
        "file-integrity.openshift.io/files-removed": "0",
      },
    },
    data: { integritylog: log },
  }]);
});

Deno.test("an absorbed log has a label of its own, and an owner where there is one", async () => {
  const owner = { apiVersion: "v1", kind: "FileIntegrity", name: "fi", uid: "u" };
  const [configMap] = await make("", { kind: "absorbed", owner });
  assertEquals(Object.keys(configMap?.metadata.labels ?? {}).sort(), [
    `${prefix}absorbed-log`,
    `${prefix}node`,
    `${prefix}owner`,
  ]);
  assertEquals(configMap?.metadata.ownerReferences, [owner]);
  assertEquals(configMap?.data, { integritylog: "" });
});

Deno.test("a log of 1,048,570 bytes is plain, one byte more is compressed", async () => {
  assertEquals(maxLogBytes, limit);
  const plain = "ä".repeat(limit / 2);
  const [whole, ...none] = await make(plain);
  assertEquals(none, []);
  assert(whole?.data?.integritylog === plain);
  assertEquals(note(whole, "compressed"), undefined);
  assertEquals(validateConfigMap(whole).faults, []);

  const over = new TextEncoder().encode(`${plain}\n`);
  const [packed, ...more] = await make(over);
  assertEquals(more, []);
  assertEquals(note(packed, "compressed"), "");
  assertEquals(note(packed, "log-part"), undefined);
  assert(packed !== undefined);
  assertSame(await extracted(packed), over);
});

Deno.test("the size of chunks changes nothing", async () => {
  const size = limit + 1;
  const once = await make(sampleLog(size, size));
  for (const chunkSize of [limit, 1000, 65_537]) {
    assertEquals(await make(sampleLog(size, chunkSize)), once);
  }
});

Deno.test("a log with bytes that no text has is compressed, whatever its size", async () => {
  const cases = ["ok\n\xff\n", "\x00", "esc\x1b[2J", "cr\r\n", "\xc3", "\xc2\x9b31m", "del\x7f"];
  for (const latin1 of cases) {
    const log = Uint8Array.from(latin1, (char) => char.charCodeAt(0));
    const [configMap, ...more] = await make(log);
    assertEquals(more, []);
    assertEquals(note(configMap, "compressed"), "", JSON.stringify(latin1));
    assert(configMap !== undefined);
    assertSame(await extracted(configMap), log);
  }
  assertEquals(note((await make("\ufeffmark, 日本語\t\n"))[0], "compressed"), undefined);
});

Deno.test("what is too large for one ConfigMap comes in parts of whole lines that make the whole log", async () => {
  const size = 6_000_000;
  const log = await bytesOf(sampleLog(size));
  const maps = await make(sampleLog(size));
  assertGreater(maps.length, 3);
  const parts = await Promise.all(maps.map(extracted));
  assertSame(await bytesOf(new Blob(parts as BlobPart[]).stream()), log);
  for (const [at, part] of parts.entries()) {
    if (at < parts.length - 1) assertEquals(part.at(-1), 0x0a);
    const text = maps[at]?.data?.integritylog ?? "";
    assert(text.length <= limit, `${text.length}`);
    if (at < parts.length - 1) assertGreater(text.length, limit * 0.6);
    assertEquals(validateConfigMap(maps[at]).faults, []);
  }
});

Deno.test("parts are named, numbered and chained, and the last one says how many there are", async () => {
  const maps = await make(sampleLog(3_000_000));
  const count = maps.length;
  assertGreater(count, 1);
  assertEquals(maps.map(({ metadata }) => metadata.name), [
    name,
    ...Array.from({ length: count - 1 }, (_, at) => `${name}-${at + 2}`),
  ]);
  assertEquals(maps.map((map) => note(map, "log-part")), maps.map((_, at) => `${at + 1}`));
  assertEquals(maps.map((map) => note(map, "log-next")), [
    ...maps.slice(1).map(({ metadata }) => metadata.name),
    undefined,
  ]);
  assertEquals(maps.map((map) => note(map, "log-parts")), [
    ...maps.slice(1).map(() => undefined),
    `${count}`,
  ]);
  for (const map of maps) {
    assertEquals(note(map, "log-scan"), meta.scanTime);
    assertEquals(note(map, "compressed"), "");
    assertEquals(note(map, "files-changed"), "1");
    assertEquals(map.metadata.labels, maps[0]?.metadata.labels);
  }
});

Deno.test("logs around what one ConfigMap can hold are in one or two, and never over the limit", async () => {
  const counts = new Set<number>();
  for (let size = 1_500_000; size <= 1_900_000; size += 50_000) {
    const log = await bytesOf(sampleLog(size));
    const maps = await make(log);
    counts.add(maps.length);
    for (const { data } of maps) assert((data?.integritylog?.length ?? 0) <= limit);
    // gzip's own output fits with 2 % to spare.
    if (gzipSync(log).length * 1.02 < (limit / 4) * 3) assertEquals(maps.length, 1, `${size}`);
    assertSame(await unpacked(maps), log);
  }
  assert(counts.has(1) && counts.has(2), `${[...counts]}`);
});

Deno.test("a line longer than a block stays whole where a ConfigMap can hold it, and is cut where not", async () => {
  const random = await bytesOf(sampleLog(4_000_000));
  const long = (length: number): Uint8Array =>
    random.slice(0, length).map((byte) => byte === 0x0a ? 0x20 : byte);
  const newline = new Uint8Array([0x0a]);
  const join = async (...pieces: Uint8Array[]): Promise<Uint8Array> =>
    await bytesOf(new Blob(pieces as BlobPart[]).stream());

  const held = await join(
    random.slice(0, 1_280_000),
    long(900_000),
    newline,
    random.slice(0, 1_280),
  );
  const heldMaps = await make(held);
  const heldParts = await Promise.all(heldMaps.map((map) => unpacked([map])));
  assertSame(await unpacked(heldMaps), held);
  assertGreater(heldParts.length, 1);
  for (const part of heldParts) assertEquals(part.at(-1), 0x0a);

  const cut = await join(random.slice(0, 128), long(4_000_000), newline, random.slice(0, 128));
  const cutMaps = await make(cut);
  assertGreater(cutMaps.length, 2);
  assertSame(await unpacked(cutMaps), cut);
});

Deno.test("a log without a newline at its end keeps its end", async () => {
  const log = (await bytesOf(sampleLog(3_000_001))).slice(0, -2);
  assertSame(await unpacked(await make(log)), log);
});

Deno.test("any bytes survive", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "grapheme" }).map((text) => new TextEncoder().encode(text)),
  );
  await fc.assert(fc.asyncProperty(fc.array(bytes, { maxLength: 5 }), async (chunks) => {
    const maps = await make(ReadableStream.from(chunks));
    assertEquals(maps.length, 1);
    assertSame(await unpacked(maps), await bytesOf(new Blob(chunks as BlobPart[]).stream()));
  }));
  const repeats = fc.record({
    piece: fc.uint8Array({ minLength: 1, maxLength: 2000 }),
    size: fc.integer({ min: 1, max: 3_000_000 }),
  });
  await fc.assert(
    fc.asyncProperty(repeats, async ({ piece, size }) => {
      const log = new Uint8Array(size).map((_, at) => piece[at % piece.length] ?? 0);
      assertSame(await unpacked(await make(log)), log);
    }),
    { numRuns: 10 },
  );
});

Deno.test("equal logs give equal ConfigMaps", async () => {
  assertEquals(await make(sampleLog(2_500_000)), await make(sampleLog(2_500_000)));
});

Deno.test("a reader that stops early ends the stream; an error of the stream comes through", async () => {
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(crypto.getRandomValues(new Uint8Array(65_536))),
    cancel: () => void (cancelled = true),
  });
  for await (const _ of logConfigMaps(endless, meta)) break;
  assert(cancelled);

  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("Read of aide.log failed")),
  });
  let message = "";
  try {
    await make(broken);
  } catch (error) {
    message = String(error);
  }
  assertEquals(message, "Error: Read of aide.log failed");
});

Deno.test("a log of 200 MB adds less than 20 MB of memory", async () => {
  const run = async (size: number): Promise<{ parts: number; bytes: number; peak: number }> => {
    const program = new URL("log_memory_program.ts", import.meta.url);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      // V8 lets garbage of this size lie about for long by default; with this flag it collects it in time.
      args: [
        "run",
        "--quiet",
        "--allow-all",
        "--v8-flags=--optimize-for-size",
        program.pathname,
        String(size),
      ],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  const small = await run(3_000_000);
  const large = await run(200_000_000);
  assertEquals(large.bytes, 200_000_000);
  assertGreater(large.parts, 20);
  assertLess(large.peak - small.peak, 20 * 1024);
});

Deno.test("of a log that needs too many ConfigMaps the end is left out, and the last one says so", async () => {
  const size = 12_000_000;
  const whole = new TextDecoder().decode(await bytesOf(sampleLog(size)));
  const all = await make(sampleLog(size));
  assertGreater(all.length, 5);
  const bounded = await Array.fromAsync(logConfigMaps(sampleLog(size), meta, 3));
  assertEquals(bounded.map(({ metadata }) => metadata.name), [name, `${name}-2`, `${name}-3`]);
  for (const { data } of bounded) assert((data?.integritylog?.length ?? 0) <= limit);
  const last = bounded.at(-1)?.metadata.annotations ?? {};
  assertEquals([last[`${prefix}log-parts`], last[`${prefix}log-next`]], ["3", undefined]);
  const texts = await Promise.all(
    bounded.map(async (map) => new TextDecoder().decode(await extracted(map))),
  );
  const text = texts.join("");
  const note = /\n\[(\d+) bytes of the log are left out here; .*\]\n$/.exec(text);
  const kept = text.slice(0, note?.index);
  assertEquals(whole.startsWith(kept), true);
  assert(kept.endsWith("\n"));
  assertEquals(Number(note?.[1]), size - kept.length);
});

Deno.test("a log that needs exactly as many ConfigMaps as it may have is whole", async () => {
  const size = 4_000_000;
  const many = (await Array.fromAsync(logConfigMaps(sampleLog(size), meta, 99))).length;
  const bounded = await Array.fromAsync(logConfigMaps(sampleLog(size), meta, many));
  assertEquals(await unpacked(bounded), await bytesOf(sampleLog(size)));
});
