import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import {
  codeCacheNames,
  writeCanonicalCache,
  writeEmptyCaches,
} from "../../src/build/image/code_cache.ts";
import { fileDigest } from "../../src/build/image/file_digest.ts";
import { filesBelow } from "../../src/build/image/tree.ts";

type Row = [string, bigint, Uint8Array];

const rows: readonly Row[] = [
  ["file:///main.js", -6_752_881_120_193_461_838n, new Uint8Array([0, 1, 255])],
  ["file:///other.js", 9_088_109_215_328_712_765n, new Uint8Array(10_000)],
  ["ext:deno_node/fs.ts", 1n, new Uint8Array()],
];

async function inTemporary(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await action(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A database as Deno leaves it, with its log beside it, after some rows were written more than once. */
async function makeCache(directory: string, order: readonly Row[]): Promise<DatabaseSync> {
  await Deno.mkdir(directory);
  const database = new DatabaseSync(`${directory}/v8_code_cache_v2`);
  database.exec(
    "PRAGMA journal_mode = WAL; CREATE TABLE codecache (specifier TEXT PRIMARY KEY, hash, data)",
  );
  const insert = database.prepare("INSERT OR REPLACE INTO codecache VALUES (?, ?, ?)");
  for (const row of [...order, ...order.slice(1)]) insert.run(...row);
  return database;
}

Deno.test("code cache: the same rows are the same bytes, however they came", async () => {
  await inTemporary(async (directory) => {
    const digests: string[][] = [];
    for (const [at, order] of [rows, rows.toReversed()].entries()) {
      using _open = await makeCache(`${directory}/${at}`, order);
      const to = `${directory}/to-${at}`;
      await writeCanonicalCache(`${directory}/${at}`, to);
      const names = await filesBelow(to);
      assertEquals(names, ["", "-shm", "-wal"].map((suffix) => `v8_code_cache_v2${suffix}`));
      digests.push(await Promise.all(names.map((name) => fileDigest(`${to}/${name}`))));
    }
    assertEquals(digests[0], digests[1]);
  });
});

Deno.test("code cache: nothing is lost, and numbers keep all their digits", async () => {
  await inTemporary(async (directory) => {
    using _open = await makeCache(`${directory}/from`, rows);
    await writeCanonicalCache(`${directory}/from`, `${directory}/to`);
    using written = new DatabaseSync(`${directory}/to/v8_code_cache_v2`);
    const all = written.prepare("SELECT * FROM codecache ORDER BY specifier DESC");
    all.setReadBigInts(true);
    const found = all.all().map(({ specifier, hash, data }) => [specifier, hash, data]);
    assertEquals(found, [rows[1], rows[0], rows[2]] as unknown[]);
  });
});

Deno.test("code cache: an empty one has the tables, and the rows that say whose they are", async () => {
  await inTemporary(async (directory) => {
    await writeEmptyCaches(directory);
    const made = await filesBelow(directory);
    for (const name of codeCacheNames) {
      const path = `${name}/v8_code_cache_v2`;
      for (const suffix of ["", "-shm", "-wal"]) assert(made.includes(path + suffix), path);
      using written = new DatabaseSync(`${directory}/${path}`);
      const version = written.prepare("SELECT value FROM info WHERE key = 'CLI_VERSION'").get();
      assertEquals(version?.value, Deno.version.deno);
      assertEquals(written.prepare("SELECT * FROM codecache").all(), []);
    }
  });
});
