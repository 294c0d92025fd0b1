/** Reports of hostile hosts, for property tests: names made of what reports are made of. */
import fc from "fast-check";
import type { ModelAttribute, ModelEntry, ModelReport } from "./aide_writer.ts";

const encoder = new TextEncoder();
const rule = "-".repeat(51);

// What a name would have to hold to speak for the report.
const pieces = [
  "\n",
  "\n\n",
  "/",
  " ",
  "etc/passwd",
  "f++++++++++++++++: /",
  "f-----------------: /",
  "f =.... ....H..   : /",
  "added: /",
  "changed: /x",
  rule,
  `\n\n${rule}\nRemoved entries:\n${rule}\n`,
  `\n\n${rule}\nDetailed information about changes:\n${rule}\n\nFile: /x\n Size      : 1\n`,
  `\n\n${rule}\nThe attributes of the (uncompressed) database(s):\n${rule}\n\n/db\n`,
  "Start timestamp: 2026-11-23 13:10:54 +0000 (AIDE 0.16.2)\n",
  "AIDE found NO differences between database and filesystem. Looks okay!!\n",
  "\nNumber of entries:\t5",
  "\nSummary:\n  Total number of entries:\t1\n  Added entries:\t\t0\n",
  "End timestamp: 2026-11-23 13:10:54 +0000 (run time: 0m 0s)\n",
  "\n\nEnd timestamp: 2026-11-23 13:10:54 +0000 (run time: 0m 0s)\n",
  "File: /etc/passwd\n",
  " Size      : 1                                | 2\n",
  "Entry /x in databases has different attributes: -a",
  " in databases has different attributes: +sha512",
  '": "f+++++++++++++++++",\n    "/',
  '"',
  '"}, "removed": {"/',
  '": {"size": {"old": 1, "new": 2}}, "/',
  "},",
  "\\",
  "\\012",
  "\\134012",
  "\\u000a",
  "\\n",
  "\x1b[31m",
  "\x7f",
  "\r",
  "\x1f",
  "é€",
  "\u202e",
  "%41",
  " | ",
];

/** Bytes of a name, without NUL. */
export const nameBytes: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    fc.constantFrom(...pieces).map((piece) => [...encoder.encode(piece)]),
    fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 4 }),
    fc.constantFrom("a", "b", "conf").map((piece) => [...encoder.encode(piece)]),
  ),
  { maxLength: 5 },
).map((parts) => Uint8Array.from(parts.flat()));

/** A path of the host: a slash and any bytes but NUL. */
export const path: fc.Arbitrary<Uint8Array> = nameBytes.map((name) => Uint8Array.of(0x2f, ...name));

const one = (text: string): Uint8Array[] => [encoder.encode(text)];
const digits = fc.nat().map((number) => one(String(number)));

const size: fc.Arbitrary<ModelAttribute> = fc.tuple(digits, digits).map(([old, now]) => ({
  name: "size",
  old,
  new: now,
}));
const hash: fc.Arbitrary<ModelAttribute> = fc.tuple(
  fc.stringMatching(/^[A-Za-z0-9+/]{86}==$/),
  fc.stringMatching(/^[A-Za-z0-9+/]{86}==$/),
).map(([old, now]) => ({ name: "sha512", old: one(old), new: one(now) }));
const acl: fc.Arbitrary<ModelAttribute> = fc.tuple(fc.nat(3), fc.nat(3)).map(([old, now]) => {
  const lines = ["A: user::rw-", "A: group::r--", "A: mask::rw-", "A: other::r--"];
  const list = (count: number): Uint8Array[] =>
    lines.slice(0, count + 1).map((line) => encoder.encode(line));
  return { name: "acl", old: list(old), new: list(now) };
});

/** A link target that both formats can tell: not so long that AIDE loses bytes of it, no space at its end. */
const target = nameBytes.filter((bytes) =>
  bytes.length > 0 && bytes.length <= 7 && bytes.at(-1) !== 32
)
  .map((bytes) => [bytes]);
const link: fc.Arbitrary<ModelAttribute> = fc.tuple(target, target).map(([old, now]) => ({
  name: "link_name",
  old,
  new: now,
}));

/** Any link targets, of any length. */
export const anyLink: fc.Arbitrary<ModelAttribute> = fc.tuple(nameBytes, nameBytes).map((
  [old, now],
) => ({ name: "link_name", old: [old], new: [now] }));

function entries(links: fc.Arbitrary<ModelAttribute>): fc.Arbitrary<ModelEntry[]> {
  const entry = fc.record<ModelEntry>({
    kind: fc.constantFrom("added", "changed", "removed"),
    path,
    letter: fc.constantFrom("f", "d", "l"),
    attributes: fc.tuple(size, hash, links, acl, fc.integer({ min: 1, max: 15 })).map((
      [first, second, third, fourth, chosen],
    ) => [third, first, second, fourth].filter((_, at) => (chosen & (1 << at)) !== 0)),
  });
  const text = ({ path }: ModelEntry): string => path.join();
  return fc.uniqueArray(entry, { maxLength: 6, selector: text }).map((list) => list.map(sided));
}

/** Added entries have new values only, removed ones old values only. */
function sided(entry: ModelEntry): ModelEntry {
  if (entry.kind === "changed") return entry;
  const side = entry.kind === "added" ? "new" : "old";
  const attributes = entry.attributes.map((attribute) => ({
    name: attribute.name,
    [side]: attribute[side],
  }));
  return { ...entry, attributes };
}

/** Reports as an AIDE of this kind would write them. */
export function reports(
  writer: Pick<ModelReport, "version" | "names">,
  links: fc.Arbitrary<ModelAttribute> = link,
): fc.Arbitrary<ModelReport> {
  return fc.record<ModelReport, "entries" | "total" | "version" | "names">({
    version: fc.constant(writer.version),
    names: fc.constant(writer.names),
    entries: entries(links),
    total: fc.nat(),
    different: fc.array(
      fc.record({ path, attributes: fc.constantFrom("-sha512", "+sha512", "-sha256-sha512+m") }),
      { maxLength: 2 },
    ),
    grouped: fc.boolean(),
    summarize: fc.boolean(),
    level: fc.constantFrom(
      "list_entries",
      "changed_attributes",
      "added_removed_attributes",
      "added_removed_entries",
    ),
    rootPrefix: fc.constantFrom("/hostroot", "/"),
  }, { requiredKeys: ["entries", "total", "version", "names"] });
}
