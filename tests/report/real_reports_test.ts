import { assert, assertEquals } from "@std/assert";
import { decodePath } from "../../src/base/path_text.ts";
import { inspectDatabase } from "../../src/report/database.ts";
import { hostrootLog } from "../../src/report/host_paths.ts";
import { aideBinaries, type AideBinary, aideRun } from "../aide_binaries.ts";
import { readReport, unbounded } from "./read_report.ts";

// As `encodePath` writes them; no slash.
const names = [
  "new\\012line",
  "tail\\012",
  "\\012",
  "esc\\033[31m",
  "del\\177",
  "octal\\134012x",
  "\\134",
  "\\1341",
  "\\13412\\012",
  "\\134134012",
  "inv\\377\\376",
  "utf8-é€",
  "sp ace",
  " lead",
  'quo"te',
  "q'uote",
  "%41",
  "@at",
  "a | b",
  "f++++++++++++++++++: x",
  "x\\012f++++++++++++++++++: ",
  "x\\012\\012End timestamp: 2026-11-23 13:10:55 +0000 (run time: 0m 0s)",
  "End timestamp: 2026-11-23 13:10:55 +0000 (run time: 0m 0s)",
  "x in databases has different attributes: -a",
  'a": "f',
  "ctl\\001\\013\\021\\036\\037\\011\\015\\010\\014",
  "bidi\\342\\200\\256",
  "c1\\302\\205",
  "n".repeat(248),
];

/** A shell word that is these bytes, whatever they are. */
const word = (bytes: Uint8Array): string =>
  `"$(printf '${
    Array.from(bytes, (byte) => "\\" + byte.toString(8).padStart(3, "0")).join("")
  }.')"`;

async function shell(script: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", {
    args: ["-ec", script],
    stdout: "null",
  })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** A target that plain text can tell: AIDE's columns lose a space at the end, and bytes of long values. */
const targetOf = (name: string): string => name.length > 60 || name.endsWith(" ") ? "t" : name;

/** Runs one command for every name, with `$n` the name and `$t` a link target; deno itself can only make files with names that are UTF-8. */
const forNames = (command: string): string =>
  names.map((name) =>
    `n=${word(decodePath(name))}; n=\${n%.}; t=${
      word(decodePath(targetOf(name)))
    }; t=\${t%.}; ${command}`
  ).join("\n");

async function run(
  binary: AideBinary,
  level: string,
  options: string,
): Promise<Record<string, Uint8Array>> {
  const dir = await Deno.makeTempDir();
  try {
    const etc = `${dir}/root/etc`;
    await Deno.mkdir(etc, { recursive: true });
    const config = `database_in=file:${dir}/db\ndatabase_out=file:${dir}/db\ngzip_dbout=yes\n` +
      `root_prefix=${dir}/root\nreport_level=${level}\n${options}\nreport_url=file:${dir}/report\n` +
      `report_format=json\nreport_url=stdout\n/etc ftype+l+p+u+g+s+n+acl+sha256+sha512\n`;
    await Deno.writeTextFile(`${dir}/aide.conf`, config);
    const made: Record<string, Uint8Array> = {};
    const aide = async (name: string, ...args: string[]): Promise<void> => {
      const output = await aideRun(binary.path, ["-c", `${dir}/aide.conf`, ...args]);
      assertEquals(output.stderrText, "");
      made[`${name}.json`] = output.stdout;
      made[`${name}.txt`] = await Deno.readFile(`${dir}/report`);
    };
    await shell(
      `cd ${etc}\n` + forNames(
        `printf 1 >"ch_$n"; printf 1 >"rm_$n"; ln -s "$t" "ln_$n"; mkdir "d_$n"; printf 1 >"d_$n/$n"`,
      ),
    );
    await aide("init", "--init");
    made.database = await Deno.readFile(`${dir}/db`);
    await aide("none", "--check");
    await shell(
      `cd ${etc}\n` + forNames(
        `printf 22 >"ch_$n"; rm "rm_$n"; printf 1 >"ad_$n"; ln -sfn "x$t" "ln_$n"; printf 22 >"d_$n/$n"`,
      ),
    );
    await aide("differences", "--check");
    await aide("update", "--update", "--before", `database_out=file:${dir}/db.new`);
    return made;
  } finally {
    await shell(`rm -rf ${dir}`);
  }
}

const expected = names.flatMap((name) => [
  `added /etc/ad_${name}`,
  `removed /etc/rm_${name}`,
  `changed /etc/ch_${name}`,
  `changed /etc/ln_${name}`,
  `changed /etc/d_${name}/${name}`,
]).sort();

async function through(report: Uint8Array): Promise<string> {
  const stream = ReadableStream.from([Uint8Array.from(report)]).pipeThrough(hostrootLog());
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

for (const binary of await aideBinaries()) {
  for (
    const [level, options] of [
      ["changed_attributes", ""],
      ["list_entries", ""],
      ["changed_attributes", "report_force_attrs=l+p+sha512\nreport_ignore_changed_attrs=n"],
      ["added_removed_attributes", "report_base16=yes"],
      ["added_removed_entries", "report_grouped=no"],
      ["changed_attributes", "report_summarize_changes=no\nconfig_version=cv-42"],
      ["changed_attributes", "report_summarize_changes=no\nreport_grouped=no\ndatabase_attrs=E"],
    ] as const
  ) {
    const how = `${level} ${options.replaceAll("\n", " ")}`.trim();
    Deno.test(`AIDE ${binary.version} and both parsers agree on odd names: ${how}`, async () => {
      const made = await run(binary, level, options);
      const read = (name: string): ReturnType<typeof readReport>[] => [
        readReport("plain", made[`${name}.txt`]!, unbounded),
        readReport("json", made[`${name}.json`]!, unbounded),
      ];
      for (
        const report of [
          ...read("init"),
          ...read("none"),
          ...read("differences"),
          ...read("update"),
        ]
      ) {
        assertEquals(report.faults, []);
        assertEquals(report.aideVersion, binary.version);
        assertEquals(report.entries, names.length * 5 + 1);
      }
      assertEquals(read("init").map(({ outline }) => outline), ["initialized", "initialized"]);
      assertEquals(read("none").map(({ outline }) => outline), ["none", "none"]);
      const [plain, json] = read("differences");
      for (const { changes } of [plain!, json!]) {
        assertEquals(changes.map(({ kind, path }) => `${kind} ${path}`).sort(), expected);
      }
      assertEquals(new Set([plain!, json!, ...read("update")].map(({ digest }) => digest)).size, 1);
      const link = json!.changes.find(({ path }) => path === `/etc/ln_${names[0]}`)!;
      if (level !== "list_entries") {
        const target = link.attributes.find(({ name }) => name === "link_name");
        assertEquals(target, { name: "link_name", old: names[0]!, new: `x${names[0]}` });
        assertEquals(
          plain!.changes.map((change) => change.attributes),
          json!.changes.map((change) => change.attributes),
        );
      }
      const log = await through(made["differences.txt"]!);
      assert(!log.includes("Root prefix"));
      const outside =
        /^(?:[fdl][-+ =<>.a-zA-Z]{16,18}|added|changed|removed|File|Link): \/(?!hostroot\/)/m;
      assert(!outside.test(log), outside.exec(log)?.[0]);
      const headings = log.match(/^\S.*?: \/hostroot\/etc\//gm) ?? [];
      assertEquals(headings.length, log.split("/hostroot/etc/").length - 1);
      const facts = await inspectDatabase(ReadableStream.from([made.database!]));
      assertEquals([facts.complete, facts.entries], [true, names.length * 5 + 1]);
    });
  }
}
