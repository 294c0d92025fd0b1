import { assertEquals, assertStringIncludes } from "@std/assert";
import { claimState } from "../../src/daemon/claim_state.ts";
import { type Disk, localDisk } from "../../src/node/disk.ts";
import { foreignNames, stateFiles } from "../../src/node/state_files.ts";
import { CollectedLog } from "./collected_log.ts";

const now = Date.parse("2026-01-02T03:04:05Z");

interface Claimed {
  names: string[];
  owner: string;
  said: string;
}

interface Options {
  recorded?: boolean;
  maxBackups?: number;
  disk?: Disk;
}

/** What becomes of a state directory with these files when the FileIntegrity "new" claims it. */
async function claimed(
  files: Record<string, string>,
  { recorded = false, maxBackups = 2, disk = localDisk }: Options = {},
  attempts = 1,
): Promise<Claimed> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    const log = await CollectedLog.make();
    const claim = { files: stateFiles(directory), uid: "new", recorded, maxBackups, now };
    for (let attempt = 1; attempt < attempts; attempt++) {
      await claimState({ ...claim, disk, log: log.logger }).catch(() => {});
    }
    await claimState({
      ...claim,
      disk: attempts > 1 ? localDisk : disk,
      log: log.logger,
    });
    const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
    assertEquals(foreignNames(names), []);
    const owner = await Deno.readTextFile(`${directory}/file-integrity-uid`);
    return { names, owner, said: String(log) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const state = { "aide.db.gz": "database", "aide.conf": "config", "aide.log": "log" };
const live = ["aide.conf", "aide.db.gz", "aide.log", "file-integrity-uid"];
const stamp = "backup-20260102T03_04_05";

Deno.test("an empty directory is claimed without a word", async () => {
  assertEquals(await claimed({}), { names: ["file-integrity-uid"], owner: "new\n", said: "" });
});

Deno.test("one's own state stays as it is, with a record or without", async () => {
  for (const recorded of [false, true]) {
    const { names, said } = await claimed({ ...state, "file-integrity-uid": "new\n" }, {
      recorded,
    });
    assertEquals([names, said], [live, ""]);
  }
});

Deno.test("where the cluster records a baseline, that decides, whoever wrote the files", async () => {
  for (const owner of [{}, { "file-integrity-uid": "old\n" }]) {
    const { names, owner: now } = await claimed({ ...state, ...owner }, { recorded: true });
    assertEquals([names, now], [live, "new\n"]);
  }
});

Deno.test("another's baseline becomes a backup, and what it had half made goes", async () => {
  const { names, owner, said } = await claimed({
    ...state,
    "file-integrity-uid": "old\n",
    "aide.db.gz.new": "half",
    "aide.conf.new": "half",
    "aide.db.gz.backup-20250101T00_00_00": "older",
    "aide.db.gz.backup-20240101T00_00_00": "oldest",
  });
  assertEquals(names, [
    `aide.conf.${stamp}`,
    "aide.db.gz.backup-20250101T00_00_00",
    `aide.db.gz.${stamp}`,
    `aide.log.${stamp}`,
    "file-integrity-uid",
  ]);
  assertEquals(owner, "new\n");
  assertStringIncludes(said, "warning");
  assertStringIncludes(said, "an earlier FileIntegrity of this name (old): it is kept as a backup");
});

Deno.test("what is left of another's baseline without its database is set aside like all of it", async () => {
  const { "aide.db.gz": _lost, ...left } = state;
  const { names } = await claimed({ ...left, "file-integrity-uid": "old\n" });
  assertEquals(names, [`aide.conf.${stamp}`, `aide.log.${stamp}`, "file-integrity-uid"]);
});

Deno.test("a baseline of nobody knows whom likewise; without backups it goes", async () => {
  const { names, said } = await claimed(state, { maxBackups: 0 });
  assertEquals(names, ["file-integrity-uid"]);
  assertStringIncludes(said, "an unknown FileIntegrity: it is removed");
});

Deno.test("cut short anywhere, the next claim finishes it", async () => {
  for (let fatal = 1; fatal <= 12; fatal++) {
    let step = 0;
    const dying = (error: string) => (): void => {
      if (++step >= fatal) throw new Error(error);
    };
    const die = dying("cut short");
    const disk: Disk = {
      ...localDisk,
      rename: async (from, to) => {
        die();
        await localDisk.rename(from, to);
      },
      remove: async (path) => {
        die();
        await localDisk.remove(path);
      },
      sync: async (path) => {
        die();
        await localDisk.sync(path);
      },
    };
    const { names, owner } = await claimed(
      { ...state, "file-integrity-uid": "old\n" },
      { disk },
      2,
    );
    assertEquals(names, [
      `aide.conf.${stamp}`,
      `aide.db.gz.${stamp}`,
      `aide.log.${stamp}`,
      "file-integrity-uid",
    ], `step ${fatal}`);
    assertEquals(owner, "new\n");
  }
});
