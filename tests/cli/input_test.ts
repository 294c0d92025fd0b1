import { assert, assertEquals, assertMatch } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { documentedSample, type Ran, run } from "./program.ts";

const name = { name: "worker-fileintegrity", namespace: "openshift-file-integrity" };
const fileIntegrity = {
  apiVersion: "fileintegrity.openshift.io/v1alpha1",
  kind: "FileIntegrity",
  metadata: name,
  spec: { config: { name: "myconfig", namespace: name.namespace, key: "config" } },
};
const configMap = (text: string, key = "config"): unknown => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { ...name, name: "myconfig" },
  data: { [key]: text },
});
const documents = (...all: unknown[]): string =>
  all.map((one) => JSON.stringify(one)).join("\n---\n");
const nodeStatus = (node: string, baseline?: unknown): unknown => ({
  apiVersion: fileIntegrity.apiVersion,
  kind: "FileIntegrityNodeStatus",
  metadata: { ...name, name: `${name.name}-${node}` },
  nodeName: node,
  results: [],
  lastResult: { condition: "Succeeded", lastProbeTime: "2026-01-01T00:00:00Z" },
  ...(baseline === undefined ? {} : { baseline }),
});
const rules = "/etc R\n";

/** Inputs that are wrong, and what must be said about each. */
const wrong: Readonly<Record<string, { input: string | Uint8Array; said: RegExp[] }>> = {
  "an empty file": {
    input: "",
    said: [/holds no object\. Write an object with one of the kinds FileIntegrity, /],
  },
  "not YAML": { input: "kind: [FileIntegrity\n", said: [/:\d+:\d+: /, /Correct the YAML/] },
  "another text": { input: "just words", said: [/found the text "just words"/] },
  "binary": { input: new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0xff]), said: [/is not UTF-8 text/] },
  "too long": { input: "#".repeat(9 * 1024 * 1024), said: [/longer than 8 MiB/] },
  "far too long": { input: new Uint8Array(17 * 1024 * 1024), said: [/longer than 16777216 bytes/] },
  "several faults, all at once": {
    input: documents({
      ...fileIntegrity,
      spec: { debug: "no", gracePeriod: 3, config: { gracePeriod: "20", maxBackup: 1 } },
    }),
    said: [
      /spec\.debug: .*the text "no"/,
      /spec\.gracePeriod: /,
      /spec\.config\.gracePeriod: .*the text "20"/,
      /spec\.config\.maxBackup: .*maxBackups/,
    ],
  },
  "no FileIntegrity": {
    input: documents(configMap(rules)),
    said: [/The input holds no FileIntegrity\. Give a file with one/],
  },
  "two FileIntegrities": {
    input: documents(fileIntegrity, { ...fileIntegrity, metadata: { name: "other" } }),
    said: [/several FileIntegrities: worker-fileintegrity, other\. Choose one with --name/],
  },
  "the same FileIntegrity twice": {
    input: documents(fileIntegrity, fileIntegrity),
    said: [/worker-fileintegrity 2 times\. Give one of them/],
  },
  "a missing ConfigMap": {
    input: documents(fileIntegrity),
    said: [/spec\.config: .*openshift-file-integrity\/myconfig.*another -f/],
  },
  "the same ConfigMap twice": {
    input: documents(fileIntegrity, configMap(rules), configMap(rules)),
    said: [/openshift-file-integrity\/myconfig, which the input holds 2 times/],
  },
  "a missing key": {
    input: documents(fileIntegrity, configMap(rules, "aide.conf")),
    said: [/spec\.config\.key: .*"config" \(its keys: aide\.conf\)\. Correct the key/],
  },
  "a refused aide.conf, and faults beside it": {
    input: documents(
      fileIntegrity,
      configMap(`${rules}@@x_include /tmp/run-me\nNO_SUCH_OPTION=1\n`),
      nodeStatus("n2"),
    ),
    said: [
      /ConfigMap myconfig, line 2: /,
      /ConfigMap myconfig, line 3: /,
      /no FileIntegrityNodeStatus worker-fileintegrity-n1, only worker-fileintegrity-n2.*--node/,
    ],
  },
  "a saved status without a baseline": {
    input: documents(fileIntegrity, configMap(rules), nodeStatus("n1")),
    said: [/FileIntegrityNodeStatus worker-fileintegrity-n1: baseline: found nothing/],
  },
  "escapes for a terminal": {
    input: documents(fileIntegrity, configMap(`${rules}\x1b]0;owned\x07\n`)),
    said: [/line 2/],
  },
};

async function refused(args: string[], stdin?: string | Uint8Array): Promise<Ran> {
  const directory = await Deno.makeTempDir();
  try {
    const state = `${directory}/state`;
    const ran = await run(
      ["scan", ...args, "--once", "--node", "n1", "--root", directory, "--state-dir", state],
      stdin === undefined ? {} : { stdin },
    );
    assertEquals(ran.code, 65, ran.stderr);
    assertEquals(ran.stdout, "");
    assertEquals(await Array.fromAsync(Deno.readDir(directory)), []);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\x7f]/.test(ran.stderr), JSON.stringify(ran.stderr));
    for (const line of ran.stderr.trimEnd().split("\n")) assertMatch(line, /^Error: /);
    return ran;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

for (const [what, { input, said }] of Object.entries(wrong)) {
  Deno.test(`bad input is 65, and said on standard error: ${what}`, async () => {
    const { stderr } = await refused(["-f", "-"], input);
    for (const pattern of said) assertMatch(stderr, pattern);
  });
}

Deno.test("bad input is 65: everything that can't be read, at once", async () => {
  const files = ["/nonexistent/a.yaml", "/tmp", "/bin/sh", "-", "-"];
  const { stderr } = await refused(files.flatMap((file) => ["-f", file]), "kind: x\n");
  assertEquals(
    stderr.trimEnd().split("\n").map((line) => line.replace(/ \(os error \d+\).*/, "")),
    [
      "Error: /nonexistent/a.yaml can't be read: No such file or directory",
      "Error: /tmp can't be read: Is a directory",
      "Error: /bin/sh is not UTF-8 text",
      "Error: standard input is named twice: it can be read only once",
    ],
  );
});

Deno.test("input: several -f, standard input among them; --name chooses; relative paths", async () => {
  const directory = await Deno.makeTempDir();
  const [aide] = await aideBinaries(); // what is on PATH is not the same everywhere
  try {
    const other = {
      ...fileIntegrity,
      metadata: { name: "other", namespace: "ns" },
      spec: { config: { name: "given", namespace: "ns", key: "config" } },
    };
    await Deno.mkdir(`${directory}/root/etc`, { recursive: true });
    await Deno.writeTextFile(`${directory}/root/etc/hosts`, "");
    await Deno.writeTextFile(`${directory}/b.json`, documents(other));
    const { code, stdout, stderr } = await run([
      ...["scan", "-f", documentedSample, "--filename=b.json", "-f", "-", "--name=other"],
      ...["--once", "--root=root", "--state-dir=state", "--node=n1", `--aide=${aide?.path}`],
    ], {
      cwd: directory,
      // Without a namespace it goes where the FileIntegrity looks for it, as with kubectl apply -n.
      stdin: documents({ ...configMap(rules) as object, metadata: { name: "given" } }),
    });
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /^other-n1 /m);
    assertEquals((await Deno.stat(`${directory}/state/aide.db.gz`)).isFile, true);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
