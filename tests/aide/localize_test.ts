import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseConfigErrors } from "../../src/aide/config_check.ts";
import { convertConfig } from "../../src/aide/convert.ts";
import { localizeConfig, type Place } from "../../src/aide/localize.ts";
import {
  databasePaths,
  makeTree,
  runAide,
  type TestedAide,
  testedAides,
  withDirectory,
} from "./run_aide.ts";

const place: Place = {
  root: "/mnt/host",
  databaseIn: "/state/aide.db.gz",
  databaseOut: "/state/aide.db.gz.new",
  textReport: "/state/aide.log.new",
  aide: { major: 0, minor: 19, patch: 1, text: "0.19.1" },
  workers: 2,
};
const aide018 = { major: 0, minor: 18, patch: 3, text: "0.18.3" };

/** Localizes a configuration without notes; gives its lines. */
function localized(text: string, at: Partial<Place> = {}): string[] {
  return localizeConfig(text, { ...place, ...at }).trimEnd().split("\n");
}

Deno.test("localizeConfig keeps the numbers of lines and appends its own", () => {
  const text = "# x\ndatabase_in=file:@@{DBDIR}/a\n\n/hostroot/etc p\n";
  assertEquals(localized(text), [
    "# x",
    "# replaced: database_in=file:@@{DBDIR}/a",
    "",
    "/etc p",
    "root_prefix=/mnt/host",
    "database_in=file:/state/aide.db.gz",
    "database_out=file:/state/aide.db.gz.new",
    "database_attrs=E",
    "num_workers=2",
    "report_format=plain",
    "report_url=file:/state/aide.log.new",
    "report_format=json",
    "report_url=stdout",
  ]);
  assert(!localized(text, { root: "/" }).some((line) => line.startsWith("root_prefix")));
});

Deno.test("localizeConfig writes rules for a host whose root is /", () => {
  const cases: [string, string, string?][] = [
    ["/hostroot p", "/ p"],
    ["/hostroot$ p", "/$ p"],
    ["=/hostroot/ d p", "=/ d p"],
    ["  /hostroot/my\\ app\tp", "  /my\\ app\tp"],
    ["/hostroot(/etc|/usr) p", "/{0}(/etc|/usr) p"],
    ["/hostroot/@@{X} p", "/@@{X} p"],
    ["!/hostroot/var", "-/var", "!/var"],
    ["!/hostroot/var 0", "-/var 0", "!/var 0"],
    ["!/hostroot/var$", "-/var(/|$)", "!/var$"],
    ["!/hostroot/var\\$", "-/var\\$", "!/var\\$"],
    ["!/hostroot/(a|b)/c$", "-/(a|b)/c(/|$)", "!/(a|b)/c$"],
    ["!/hostroot/.*/c", "-/.*/c", "!/.*/c"],
    // What may match the root itself must not prune there.
    ["!/hostroot/var\\\\$", "-/var\\\\$", "!/var\\\\$"],
    ["!/hostroot/\\Qa$", "!/\\Qa$"],
    ["!/hostroot$", "!/$"],
    ["!/hostroot/a*$", "!/a*(/|$)", "!/a*$"],
    ["!/hostroot(/a|/b)", "!/{0}(/a|/b)"],
    ["!/hostroot/var d", "!/var d"],
    ["!/hostroot/var f,d", "!/var f,d"],
    ["@@if exists /hostroot/etc/x", "@@if exists /mnt/host/etc/x"],
    ["@@if not exists /hostroot", "@@if not exists /mnt/host"],
    ["@@if hostname x", "@@if hostname x"],
    ["report_level=changed_attributes", "report_level=changed_attributes"],
  ];
  for (const [line, on019, on018 = on019] of cases) {
    assertEquals(localized(`${line}\n`)[0], on019);
    assertEquals(localized(`${line}\n`, { aide: aide018 })[0], on018);
  }
  assertEquals(localized("@@if exists /hostroot\n", { root: "/" })[0], "@@if exists /");
});

Deno.test("localizeConfig refuses what AIDE can't be told", () => {
  const refused: [string, Partial<Place>][] = [
    ["/etc p\n", {}],
    ["/hostroot-x p\n", {}],
    ["", { root: "mnt" }],
    ["", { root: "/mnt\n/x p" }],
    ["", { root: "/mnt\tx" }],
    ["", { databaseIn: "/state/\0" }],
    ["", { databaseOut: "aide.db" }],
    ["", { textReport: "/x\ud800" }],
    ["", { workers: -1 }],
    ["", { workers: 1.5 }],
    ["", { aide: { major: 0, minor: 16, patch: 2, text: "0.16.2" } }],
  ];
  for (const [text, at] of refused) assertThrows(() => localized(text, at), RangeError);
});

interface Run {
  code: number;
  stderr: string;
  stdout: string;
  paths: string[];
}

/** Converts, localizes and initialises; the paths are what AIDE selected. */
async function initialise(
  aide: TestedAide,
  directory: string,
  text: string,
  stateDirectory?: string,
): Promise<Run> {
  const { text: converted, faults } = convertConfig(text);
  assertEquals(faults, [], text);
  const at: Place = {
    root: `${directory}/root`,
    databaseIn: `${directory}/in.db.gz`,
    databaseOut: `${directory}/out.db.gz`,
    textReport: `${directory}/report`,
    ...(stateDirectory === undefined ? {} : { stateDirectory }),
    aide: aide.parsed,
    workers: 1,
  };
  await Deno.writeTextFile(`${directory}/aide.conf`, localizeConfig(converted, at));
  const { code, stdout, stderr } = await runAide(aide, ["-c", `${directory}/aide.conf`, "--init"]);
  if (code !== 0) return { code, stdout, stderr, paths: [] };
  const file = await Deno.open(at.databaseOut);
  const database = await new Response(file.readable.pipeThrough(new DecompressionStream("gzip")))
    .text();
  return { code, stdout, stderr, paths: databasePaths(database) };
}

const tree = [
  "etc/a",
  "etc/b/c",
  "etc/b/cc/d",
  "etc/bb/e",
  "usr/bin/f",
  "usr/share/man/g",
  "var/lib/h",
  "variable/i",
  "my app/j",
  "empty/",
];

Deno.test("excludes of every form leave out the same with AIDE 0.18 and 0.19", async () => {
  const forms: [string, string[]][] = [
    ["!/etc/b", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d", "/etc/bb", "/etc/bb/e"]],
    ["!/etc/b$", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
    ["-/etc/b$", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
    ["!/etc/b/", ["/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
    ["!/etc/b/cc$", ["/etc/b/cc", "/etc/b/cc/d"]],
    ["!/etc/b$ d", ["/etc/b"]],
    ["!/etc/b f", ["/etc/b/c", "/etc/b/cc/d", "/etc/bb/e"]],
    ["!/etc/b$ 0", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
    ["!/var", ["/var", "/var/lib", "/var/lib/h", "/variable", "/variable/i"]],
    ["!/hostroot/var$", ["/var", "/var/lib", "/var/lib/h"]],
    ["!/(etc|usr)/b$", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
    ["!/hostroot(/usr|/var)$", [
      "/usr",
      "/usr/bin",
      "/usr/bin/f",
      "/usr/share",
      "/usr/share/man",
      "/usr/share/man/g",
      "/var",
      "/var/lib",
      "/var/lib/h",
    ]],
    ["!/my\\ app", ["/my app", "/my app/j"]],
    ["!/.*/share", ["/usr/share", "/usr/share/man", "/usr/share/man/g"]],
    ["!/etc/b$\n/etc/b/cc p", ["/etc/b", "/etc/b/c", "/etc/b/cc", "/etc/b/cc/d"]],
  ];
  await withDirectory(async (directory) => {
    await makeTree(`${directory}/root`, tree);
    for (const aide of await testedAides()) {
      const all = (await initialise(aide, directory, "/ p\n")).paths;
      assertEquals(all.length, 23);
      for (const [rule, gone] of forms) {
        const { paths } = await initialise(aide, directory, `/ p\n${rule}\n`);
        assertEquals(all.filter((path) => !paths.includes(path)), gone, `${aide.version} ${rule}`);
      }
    }
  });
});

Deno.test("converted configurations select the same with AIDE 0.18 and 0.19", async () => {
  const pieces = "/ etc b bb c . .* [ab] (b|bb) (/b|/cc) usr bin var variable $".split(" ");
  const regex = fc.array(fc.constantFrom(...pieces, "my\\ app"), { maxLength: 5 })
    .map((chosen) => `/${chosen.join("")}`);
  const rule = fc.tuple(
    fc.constantFrom("", "", "=", "!", "!"),
    fc.oneof(regex, fc.constantFrom("/etc", "/etc/b", "/etc/b$", "/hostroot", "/hostroot/usr")),
    fc.constantFrom("", "", " f", " d"),
  ).map(([sign, path, types]) => `${sign}${path}${types}${sign === "!" ? "" : " p"}`);
  const config = fc.array(rule, { minLength: 1, maxLength: 5 }).map((rules) =>
    ["/etc/a p", ...rules, ""].join("\n")
  );
  const aides = await testedAides();
  await withDirectory(async (directory) => {
    await makeTree(`${directory}/root`, tree);
    await fc.assert(
      fc.asyncProperty(
        config.filter((text) => convertConfig(text).faults.length === 0),
        async (text) => {
          const runs: Run[] = [];
          for (const aide of aides) runs.push(await initialise(aide, directory, text));
          for (const run of runs) {
            assertEquals([run.code, run.paths], [0, runs[0]?.paths], `${text}${run.stderr}`);
          }
        },
      ),
      { numRuns: 80 },
    );
  });
});

Deno.test("AIDE's error names the line of the user's text", async () => {
  const text =
    "# made by hand\ndatabase=file:/x\n/etc p\n@@if hostname nowhere\n@@endif\n/etc/((?<a>x)(?<a>y)) p\n";
  await withDirectory(async (directory) => {
    await makeTree(`${directory}/root`, tree);
    for (const aide of await testedAides()) {
      const { code, stderr } = await initialise(aide, directory, text);
      assertEquals(code, 17);
      assertEquals(parseConfigErrors(stderr)[0]?.line, 6, stderr);
    }
  });
});

Deno.test("one run writes the plain report to its file and JSON to stdout, for roots with odd names", async () => {
  for (const name of ["root", "my root@x", 'back\\slash "é" #1 %41']) {
    await withDirectory(async (directory) => {
      const root = `${directory}/${name}`;
      await makeTree(root, tree);
      for (const aide of await testedAides()) {
        const at: Place = {
          root: `${root}/`,
          databaseIn: `${directory}/a b.db.gz`,
          databaseOut: `${directory}/a b.db.gz`,
          textReport: `${directory}/re port`,
          aide: aide.parsed,
          workers: 0,
        };
        const config = `${directory}/aide.conf`;
        const { text } = convertConfig("/etc sha512+s\nreport_base16=yes\n");
        await Deno.writeTextFile(config, localizeConfig(text, at));
        assertEquals((await runAide(aide, ["-c", config, "--init"])).code, 0);
        await Deno.writeTextFile(`${root}/etc/a`, "more\n", { append: true });
        const check = await runAide(aide, ["-c", config, "--check"]);
        assertEquals(check.code, 4, check.stderr);
        const json = JSON.parse(check.stdout);
        assertEquals(Object.keys(json.changed), ["/etc/a"]);
        assertEquals(json.databases, undefined); // no hash of the database was made
        assertStringIncludes(await Deno.readTextFile(at.textReport), "File: /etc/a\n");
        await Deno.writeTextFile(`${root}/etc/a`, "etc/a");
      }
    });
  }
});

Deno.test("the state directory is left out wherever it is, and nothing else", async () => {
  const states = ["/state", "/var/lib/file-integrity/a.b", "/odd name (1)+[x]@{y}\\z"];
  await withDirectory(async (directory) => {
    const root = `${directory}/root`;
    await makeTree(root, states.flatMap((state) => [`${state}/aide.db.gz`, `${state}x/kept`]));
    for (const aide of await testedAides()) {
      for (const state of states) {
        const rules = "G = sha512+p\n/ G\n/var G\n";
        const { paths, stderr } = await initialise(aide, directory, rules, root + state);
        const message = `${aide.version} ${state}: ${stderr}`;
        assertEquals(paths.filter((path) => path.startsWith(`${state}/`)), [], message);
        assert(paths.includes(`${state}x/kept`), message);
      }
    }
  });
});

Deno.test("a state directory outside of the root needs no rule", () => {
  const rules = (at: Partial<Place>): string[] =>
    localized("", at).filter((line) => /^[-!]/.test(line));
  assertEquals(rules({ stateDirectory: "/var/lib/x" }), []);
  assertEquals(rules({ root: "/mnt", stateDirectory: "/mnt2/x" }), []);
  assertEquals(rules({ root: "/", stateDirectory: "/var/x" }), ["-/var/x(/|$)", "-/var/x/"]);
  assertEquals(rules({ root: "/mnt", stateDirectory: "/mnt/x" }), ["-/x(/|$)", "-/x/"]);
});
