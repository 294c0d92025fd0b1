import { assert, assertEquals } from "@std/assert";
import { encodePath } from "../../src/base/path_text.ts";
import type { Change } from "../../src/api/node_status.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { testWithEachAide } from "../node/test_host.ts";
import { jq } from "./jq.ts";
import { ScanHost } from "./scan_host.ts";

const encoder = new TextEncoder();
const rule = "-".repeat(51);

/** Names that try to be something else: report lines, other entries, commands of a terminal, JSON. */
const names: readonly Uint8Array[] = [
  "new\nline",
  "\n",
  " ",
  "\ttab and trailing space ",
  "back\\slash \\012 \\\\",
  "\x1b[31mred\x1b[2J\x1b]0;owned\x07\r",
  "\x7f\u0085\u009b31m",
  "\u202egnp.txt\u2028\u2029\ufeff",
  "\n\nEnd timestamp: 2026-01-01 00:00:00 +0000 (run time: 0m 0s)\n",
  `\n\n${rule}\nRemoved entries:\n${rule}\n\nf-----------------: `,
  "f+++++++++++++++++: shadow",
  "\nFile: passwd\n SHA512    : abc | def\n",
  'quote"\',"outline":"AIDE found NO differences',
  '"}},"added":{"',
  "{name} %s ${HOME} $(id) `id` | * ? [a]",
  "ünï 日本語 🦀",
  "n".repeat(255),
].map((name) => encoder.encode(name));

const invalid = [
  new Uint8Array([0xff, 0xfe, 0x80, 0x20]),
  new Uint8Array([0xc3, 0x28, 0xed, 0xa0, 0x80]),
];

/** A word of bash that is these bytes, whatever they are. */
const word = (bytes: Uint8Array): string =>
  `$'${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}'`;

async function bash(cwd: string, lines: string[]): Promise<void> {
  const script = ["set -e", ...lines].join("\n");
  const { success, stderr } = await new Deno.Command("bash", { args: ["-c", script], cwd })
    .output();
  assert(success, new TextDecoder().decode(stderr));
}

const all = [...names, ...invalid];

/** Kind and path of every change that the test makes, sorted. */
const expected: string[] = [
  ...all.flatMap((name) =>
    ["added", "changed", "removed"].map((kind) =>
      `${kind} ${encodePath(encoder.encode(`/etc/${kind}/`))}${encodePath(name)}`
    )
  ),
  "changed /etc/links/turned",
  "added /etc/links/new",
  "removed /etc/links/gone",
].sort();

const listed = (items: readonly Change[] | undefined): string[] =>
  (items ?? []).map(({ kind, path }) => `${kind} ${path}`).sort();

/** Whether a text could do anything to a terminal but print lines. */
function assertTame(text: string): void {
  // deno-lint-ignore no-control-regex
  const wild = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/
    .exec(text);
  assertEquals(wild && text.slice(Math.max(wild.index - 40, 0), wild.index + 40), null);
}

testWithEachAide(
  "names and link targets that try to be something else",
  await aideBinaries(),
  async (aide) => {
    await using host = await ScanHost.make(aide.path);
    const etc = `${host.root}/etc`;
    const [from, to] = ["one\n/etc/passwd\x1b[1m", "two\n\nEnd timestamp: \xff"].map((text) =>
      Uint8Array.from(text, (character) => character.charCodeAt(0))
    );
    await bash(etc, [
      "mkdir added changed removed links",
      ...all.flatMap((name) => [`echo 1 > changed/${word(name)}`, `: > removed/${word(name)}`]),
      `ln -s ${word(from ?? all[0]!)} links/turned`,
      `ln -s ${word(from ?? all[0]!)} links/gone`,
    ]);
    await host.takeBaseline();
    await bash(etc, [
      ...all.flatMap((name) => [
        `: > added/${word(name)}`,
        `echo 2 > changed/${word(name)}`,
        `rm removed/${word(name)}`,
      ]),
      `ln -sfn ${word(to ?? all[0]!)} links/turned`,
      `ln -s ${word(to ?? all[0]!)} links/new`,
      "rm links/gone",
    ]);

    const failed = await host.status();
    assertEquals(failed.code, 1, failed.stderr);
    const { changes, filesAdded, filesChanged, filesRemoved } = failed.status.lastResult;
    const count = all.length + 1;
    assertEquals([filesAdded, filesChanged, filesRemoved], [count, count, count]);
    assertEquals(changes?.truncated, false);
    assertEquals(listed(changes?.items), expected);
    for (const { path, kind, attributes, fileType } of changes?.items ?? []) {
      assertEquals(fileType, path.startsWith("/etc/links/") ? "link" : "file", path);
      if (kind !== "changed") continue;
      const link = path === "/etc/links/turned";
      assertEquals(attributes.map(({ name }) => name), [link ? "link_name" : "sha512"], path);
      if (!link) continue;
      assertEquals(attributes[0]?.old, "one\\012/etc/passwd\\033[1m");
      assertEquals(attributes[0]?.new, "two\\012\\012End timestamp: \\377");
    }
    const filter = '[.lastResult.changes.items[] | .kind + " " + .path] | sort | .[]';
    const sorted = (await jq(filter, failed.stdout, ["-r"])).trimEnd().split("\n").sort();
    assertEquals(sorted, expected);

    const table = await host.scan();
    const signs: Record<string, string> = { "+": "added", "~": "changed", "-": "removed" };
    const rows = table.stdout.split("\n").filter((line) => /^ {2}[-+~] /.test(line)).map((line) => {
      const [, sign = "", path] =
        /^ {2}([-+~]) (.*?)(?: {2}\((?:sha512|link_name): .*\))?$/.exec(line) ?? [];
      return `${signs[sign]} ${path}`;
    });
    assertEquals(rows.sort(), expected);

    const taken = await host.scan(["--re-init"]);
    const absorbed = [...taken.stderr.matchAll(/ WARN {2}Absorbed: (.*)$/gm)].map(([, text]) =>
      text
    );
    assertEquals(absorbed.sort(), expected);
    for (const { stdout, stderr } of [failed, table, taken]) {
      assertTame(stderr);
      assertTame(stdout);
    }
  },
);
