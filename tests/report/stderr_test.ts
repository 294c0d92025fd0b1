import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encodePath } from "../../src/base/path_text.ts";
import { type Evidence, stderrParser } from "../../src/report/stderr.ts";
import { nameBytes } from "./arbitrary_reports.ts";

const encoder = new TextEncoder();

function read(bytes: Uint8Array | string, root = "/hostroot", piece = 1e9): Evidence {
  const data = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
  const parser = stderrParser(root);
  for (let at = 0; at < data.length; at += piece) parser.push(data.subarray(at, at + piece));
  return parser.end();
}

// What each captured stderr of the real AIDE must be taken for.
type Expected = Partial<Pick<Evidence, "errors" | "warnings">> & {
  unverified?: [path: string, reason: string][];
};
const deep = `/etc/${"d".repeat(250)}/`;
const unreadable: Expected = {
  unverified: [["/etc/lockeddir", "unreadable"], ["/etc/un\\012read'able", "unreadable"]],
};
const changed: Expected = { unverified: [["/etc/big", "changed-while-hashed"]] };
const missing = "open (read-only) failed for file '/state/db': No such file or directory";
const captured: Record<string, Expected> = {
  "unreadable-0.18.3": unreadable,
  "unreadable-0.19.1": unreadable,
  "unreadable_init-0.18.3": unreadable,
  "unreadable_init-0.19.1": unreadable,
  "path_too_long-0.18.3": { unverified: [[deep, "path-too-long"]] },
  "path_too_long-0.19.1": { unverified: [[deep, "path-too-long"]] },
  "growing-0.18.3": changed,
  "growing-0.19.1": changed,
  "shrinking-0.18.3": changed,
  "shrinking-0.19.1": changed,
  "chmod_while_hashed-0.19.1": changed,
  "database_cut-0.18.3": { errors: ["cutoff database line", "missing '@@end_db' in database"] },
  "database_cut-0.19.1": { errors: ["cutoff database line", "incomplete database file"] },
  "database_gzip_damaged-0.18.3": { errors: ["reading gzipped file failed"] },
  "database_gzip_damaged-0.19.1": { errors: ["gzgets failed"] },
  "database_is_directory-0.18.3": { errors: ["input in flex scanner failed"] },
  "database_is_directory-0.19.1": { errors: ["Is a directory"] },
  "database_missing-0.18.3": { errors: [missing] },
  "database_missing-0.19.1": { errors: [missing] },
  "database_without_end-0.18.3": { errors: ["missing '@@end_db' in database"] },
  "database_without_end-0.19.1": { errors: ["incomplete database file"] },
  "database_without_spec-0.18.3": { errors: ["expected '@@db_spec'"] },
  "database_without_spec-0.19.1": { errors: Array(10).fill("skip unexpected string") },
  "database_random-0.18.3": { errors: ["'@@begin_db' NOT found"] },
  "config_regex-0.18.3": { errors: ["missing closing parenthesis"] },
  "config_regex-0.19.1": { errors: ["missing closing parenthesis"] },
  "config_option-0.18.3": { errors: ["unknown config option: 'nosuch'"] },
  "config_option-0.19.1": { errors: ["group '1' is not defined"] },
  "config_group-0.18.3": { errors: ["group 'nosuchgroup' is not defined"] },
  "config_group-0.19.1": { errors: ["group 'nosuchgroup' is not defined"] },
  "no_rules-0.18.3": { errors: ["rule tree is empty"] },
  "no_rules-0.19.1": { errors: ["rule tree is empty"] },
  "report_unwritable-0.18.3": { errors: ["open (read/write) failed for file"] },
  "report_unwritable-0.19.1": { errors: ["open (read/write) failed for file"] },
  "no_root-0.18.3": { errors: ["opendir() for root_prefix /hostroot failed"] },
  "no_root-0.19.1": { errors: ["opendir() for root_prefix /hostroot failed"] },
  "locked-0.18.3": { errors: ["cannot get lock for file"] },
  "locked-0.19.1": { errors: ["cannot get lock for file"] },
  "stale_rule-0.18.3": { warnings: ["old database entry '/etc' has no matching rule"] },
  "disk_full-0.18.3": { errors: ["No space left on device"] },
  "disk_full-0.19.1": { errors: ["fflush failed"] },
};

const folder = new URL("./stderr/", import.meta.url);

for (const [name, expected] of Object.entries(captured)) {
  Deno.test(`Captured stderr of AIDE is evidence: ${name}`, async () => {
    const evidence = read(await Deno.readFile(new URL(`${name}.txt`, folder)));
    const items = evidence.unverified.items.map(({ path, reason }) => [path, reason])
      .sort((a, b) => a[0]! < b[0]! ? -1 : 1);
    const wanted = expected.unverified ?? [];
    assertEquals(evidence.unverified.total, wanted.length);
    assertEquals(items.map(([, reason]) => reason), wanted.map(([, reason]) => reason));
    wanted.forEach(([path], at) => assert(items[at]![0]!.startsWith(path), items[at]![0]));
    for (const list of ["errors", "warnings"] as const) {
      assertEquals(evidence[list].length, expected[list]?.length ?? 0, evidence[list].join("\n"));
      expected[list]?.forEach((words, at) => {
        assert(evidence[list][at]!.includes(words), `${evidence[list][at]} lacks ${words}`);
      });
    }
  });
}

Deno.test("Every captured stderr has its expectation", async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(folder)) names.push(name.replace(/\.txt$/, ""));
  assertEquals(names.sort(), Object.keys(captured).sort());
});

const messages: Record<string, [before: string, after: string, reason: string]> = {
  "0.18 hash of a file that grows": [
    "hash calculation: number of bytes read (3) mismatches stat size (2) for '",
    "', was file growing while AIDE was running? (consider adding 'growing' attribute) (hashsums could not be calculated)",
    "changed-while-hashed",
  ],
  "0.18 open": [
    "hash calculation: open() failed for ",
    ": Permission denied (hashsums could not be calculated)",
    "unreadable",
  ],
  "0.18 lstat": ["get_file_status: lstat() failed for ", ": Permission denied", "stat-failed"],
  "0.18 list of xattrs": ["listxattrs failed for ", ":Permission denied", "unreadable"],
  "0.19 access": ["failed to access '", "': No such file or directory (skipping)", "stat-failed"],
  "0.19 path too long": ["failed to access '", "': File name too long (skipping)", "path-too-long"],
  "0.19 change": [
    "'",
    "' has changed (changed fields: s+c, increased size) during hash calculation, was file growing while AIDE was running? (discarding calculated hashsums)",
    "changed-while-hashed",
  ],
  "0.19 read": [
    "hash calculation: failed to read file content of '",
    "': Input/output error (hashsums could not be calculated)",
    "unreadable",
  ],
  "0.19 directory": [
    "failed to open directory '",
    "' for reading: open() failed: Permission denied (skipping recursion)",
    "unreadable",
  ],
  "0.19 xattrs": [
    "listxattr() failed to get list of extended attribute names for '",
    "': Permission denied (disabling xattr attribute)",
    "unreadable",
  ],
  "0.19 ACL": [
    "acl_get_fd() failed to get ACL for '",
    "': Permission denied (disabling acl attribute)",
    "unreadable",
  ],
};

const escaped = (name: Uint8Array): Uint8Array => {
  const text = Array.from(name, (byte, at) => {
    const guarded = byte === 92 &&
      [1, 2, 3].every((more) => /\d/.test(String.fromCharCode(name[at + more] ?? 0)));
    return byte < 0x1f || byte === 0x7f || guarded
      ? "\\" + byte.toString(8).padStart(3, "0")
      : String.fromCharCode(byte);
  }).join("");
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
};

const join = (...parts: (string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) => [...typeof part === "string" ? encoder.encode(part) : part]),
  );

for (const [what, [before, after, reason]] of Object.entries(messages)) {
  Deno.test(`A message names its path, whatever the name: ${what}`, () => {
    // Texts that are themselves the end of a message can't be told from the message's own end.
    const plain = nameBytes.filter((name) => !String.fromCharCode(...name).includes("'"));
    fc.assert(
      fc.property(plain, (name) => {
        const evidence = read(join("WARNING: ", before, "/hostroot/", escaped(name), after, "\n"));
        assertEquals(
          evidence.unverified.items,
          [{ path: encodePath(join("/", name)), reason }] as never,
        );
        assertEquals(evidence.unverified.total, 1);
        assertEquals(evidence.errors, []);
      }),
      { numRuns: 100 },
    );
  });

  Deno.test(`A raw name can't hide a message: ${what}`, () => {
    const pieces = fc.array(
      fc.oneof(
        nameBytes,
        fc.constantFrom(
          "\n",
          "\nWARNING: harmless",
          "\n   INFO: harmless",
          "\nDEBUG: ",
          "' for reading",
          "\n NOTICE: x",
          "': ",
        ).map((text) => encoder.encode(text)),
      ),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(pieces, fc.constantFrom("/hostroot", "/"), (parts, root) => {
        const under = root === "/" ? "/" : `${root}/`;
        const evidence = read(join("WARNING: ", before, under, ...parts, after, "\n"), root);
        assert(evidence.unverified.total + evidence.errors.length > 0);
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("A warning that nobody foresaw is evidence when it speaks of a file or a failure", () => {
  const paths = read("WARNING: something odd about /hostroot/etc/x\n");
  assertEquals(paths.unverified.items, [{ path: "/etc/x", reason: "unreadable" }]);
  assertEquals(read("WARNING: the moon could not be read\n").errors.length, 1);
  assertEquals(read("WARNING: /state/aide.conf:3: macro is DEPRECATED\n").warnings.length, 1);
  assertEquals(read("   INFO: nothing\nWARNING: be happy\n").warnings, ["be happy"]);
});

Deno.test("Totals are exact, lists and lines are bounded", () => {
  const lines = Array.from(
    { length: 5000 },
    (_, at) => `WARNING: failed to access '/hostroot/f${at}': Permission denied (skipping)\n`,
  );
  const errors = Array.from({ length: 50 }, () => `  ERROR: ${"é".repeat(2000)}\n`);
  const evidence = read([...lines, ...errors, ...lines.slice(0, 50)].join(""));
  assertEquals(evidence.unverified.total, 5000);
  assertEquals(evidence.unverified.items.length, 100);
  assertEquals(evidence.errors.length, 20);
  for (const error of evidence.errors) assertEquals(error.length, 500);
});

Deno.test("Any bytes in any pieces are read without throwing, and alike", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 1, max: 9 }),
      (data, piece) => {
        assertEquals(read(data, "/hostroot", piece), read(data));
      },
    ),
    { numRuns: 200 },
  );
  assertEquals(read(new Uint8Array(300_000).fill(65)).errors.length, 1);
});
