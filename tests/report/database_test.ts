import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  type DatabaseFacts,
  type DatabaseLimits,
  inspectDatabase,
} from "../../src/report/database.ts";
import { aideBinaries, aideRun } from "../aide_binaries.ts";

const encoder = new TextEncoder();

async function gzip(text: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof text === "string" ? encoder.encode(text) : Uint8Array.from(text);
  return await new Response(
    new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
      new CompressionStream("gzip"),
    ),
  ).bytes();
}

function inspect(
  bytes: Uint8Array,
  limits?: Partial<DatabaseLimits>,
  piece = 1e9,
): Promise<DatabaseFacts> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  return inspectDatabase(ReadableStream.from(pieces), limits);
}

const join = (...parts: Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

const whole =
  "@@begin_db\n# made by Aide\n@@db_spec name perm attr\n/etc 40755 1\n/etc/a 100644 1\n@@end_db\n";

async function realDatabase(path: string): Promise<Uint8Array> {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dir}/root/etc`, { recursive: true });
    await Deno.writeTextFile(`${dir}/root/etc/a.conf`, "a");
    await Deno.symlink("a.conf", `${dir}/root/etc/b`);
    const config =
      `database_out=file:${dir}/db\ngzip_dbout=yes\nroot_prefix=${dir}/root\n/etc l+p+sha256\n`;
    await Deno.writeTextFile(`${dir}/aide.conf`, config);
    const { code, stderrText } = await aideRun(path, ["-c", `${dir}/aide.conf`, "--init"]);
    assertEquals(code, 0, stderrText);
    return await Deno.readFile(`${dir}/db`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

for (const { version, path } of await aideBinaries()) {
  Deno.test(`A database of AIDE ${version} is complete, and no prefix of it is`, async () => {
    const database = await realDatabase(path);
    const facts = await inspect(database);
    assertEquals({ ...facts, digest: "" }, {
      digest: "",
      bytes: database.length,
      entries: 3,
      complete: true,
      longLinks: { total: 0, items: [] },
    });
    assertEquals(await inspect(database, {}, 1), facts);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(database)));
    assertEquals(facts.digest, `sha256:${hash.toHex()}`);
    for (let length = 0; length < database.length; length++) {
      const cut = await inspect(database.subarray(0, length));
      assert(!cut.complete, `complete after ${length} bytes`);
      assert(cut.fault);
    }
  });

  Deno.test(`No byte of a database of AIDE ${version} can flip unseen`, async () => {
    const database = await realDatabase(path);
    const { digest, entries } = await inspect(database);
    for (let at = 0; at < database.length; at++) {
      const flipped = database.slice();
      flipped[at]! ^= 1 << (at % 8);
      const facts = await inspect(flipped);
      assertNotEquals(facts.digest, digest);
      // Some bits carry nothing (gzip's time, padding): the content is then the same, and the digest still tells.
      assert(
        !facts.complete || facts.entries === entries,
        `another content with byte ${at} flipped`,
      );
    }
  });
}

for (
  const [name, text, fault] of [
    ["nothing", "", "@@end_db is missing"],
    ["no begin", whole.replace("@@begin_db\n", ""), "can't be read"],
    ["no specification", whole.replace(/@@db_spec.*\n/, ""), "before @@db_spec"],
    ["no end", whole.replace("@@end_db\n", ""), "@@end_db is missing"],
    ["an end without newline", whole.trimEnd(), "@@end_db is missing"],
    ["an entry after the end", whole + "/etc/b 1 1\n", "follows"],
    ["a second database", whole + whole, "follows"],
    ["two specifications", whole.replace("/etc 40755", "@@db_spec name x\n/etc 40755"), "@@"],
    ["a line of binary", whole.replace("/etc/a", "\x00\x01"), "can't be read"],
    ["an unknown mark", whole.replace("@@end_db", "@@end_dbx"), "@@"],
  ] as const
) {
  Deno.test(`A database with ${name} is not complete`, async () => {
    for (const piece of [1e9, 1]) {
      const facts = await inspect(await gzip(text), {}, piece);
      assertEquals(facts.complete, false);
      assertStringIncludes(facts.fault!, fault);
    }
  });
}

Deno.test("Comments and lines of any length are taken", async () => {
  const long = whole.replace("/etc/a 100644", `/etc/a ${"x".repeat(3_000_000)}`);
  assertEquals((await inspect(await gzip(long), {}, 1000)).entries, 2);
  assert((await inspect(await gzip(long))).complete);
});

Deno.test("What is not gzip, or more than gzip, is not complete", async () => {
  const packed = await gzip(whole);
  assert((await inspect(packed)).complete);
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(), "empty"],
    [encoder.encode(whole), "not gzip"],
    [join(packed, encoder.encode("x")), ""],
    [join(packed, new Uint8Array(4)), "follows"],
    [join(packed, packed), "follows"],
    [packed.subarray(0, packed.length - 1), "cut off"],
  ];
  for (const [bytes, fault] of cases) {
    for (const piece of [1e9, 7]) {
      const facts = await inspect(bytes, {}, piece);
      assertEquals(facts.complete, false);
      assertStringIncludes(facts.fault!, fault);
      assertEquals(facts.bytes, bytes.length);
    }
  }
});

Deno.test("A file made to unpack without end is given up", async () => {
  const packed = await gzip(new Uint8Array(20_000_000));
  const facts = await inspect(packed, { inflated: 1_000_000 });
  assertEquals(facts.complete, false);
  assertStringIncludes(facts.fault!, "1000000 bytes");
  assertEquals(facts.bytes, packed.length);
});

Deno.test("A stream that fails is the caller's to know", async () => {
  const failing = new ReadableStream<Uint8Array>({
    pull: () => Promise.reject(new Error("Disk gone")),
  });
  await assertRejects(() => inspectDatabase(failing), Error, "Disk gone");
});
