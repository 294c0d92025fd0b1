import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { backupStamp, surplusBackups } from "../../src/node/state_files.ts";

Deno.test("a backup is stamped in UTC, as YYYYMMDDTHH_MM_SS", () => {
  assertEquals(backupStamp(Date.parse("2026-01-02T03:04:05Z")), "20260102T03_04_05");
});

Deno.test("the newest backups of each kind stay, and nothing that is no backup goes", () => {
  const names = [
    "aide.db.gz",
    "aide.db.gz.backup-20260101T00_00_00",
    "aide.db.gz.backup-20260102T00_00_00",
    "aide.log.backup-20260101T00_00_00",
    "aide.db.gz.backup-mine",
    "status.json",
  ];
  assertEquals(surplusBackups(names, 1), ["aide.db.gz.backup-20260101T00_00_00"]);
  assertEquals(surplusBackups(names, 5), []);
  assertEquals(surplusBackups(names, 0).length, 3);
});

Deno.test("property: of each kind exactly the newest stay, in whatever order they are listed", () => {
  const seconds = fc.uniqueArray(fc.integer({ min: 0, max: 4_000_000_000 }), { maxLength: 12 });
  fc.assert(fc.property(seconds, fc.nat(6), (times, keep) => {
    const names = times.map((time) => `aide.db.gz.backup-${backupStamp(time * 1000)}`);
    const gone = new Set(surplusBackups(names, keep));
    const kept = names.filter((name) => !gone.has(name)).sort();
    assertEquals(kept, [...names].sort().slice(Math.max(names.length - keep, 0)));
  }));
});
