import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { testWithEachAide } from "../node/test_host.ts";
import { gatedAide } from "./gated_aide.ts";
import { documentedSample, type Ran, run, start } from "./program.ts";
import { documentedNode, ScanHost } from "./scan_host.ts";

const binaries = await aideBinaries();
const newest = binaries[1]?.path ?? "";

Deno.test("two scans at once on one state directory: the second says why not, and touches nothing", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  const gated = await gatedAide(host, true);
  const args = host.arguments(["--once"]).map((one) => one === newest ? gated.path : one);
  await using first = await start(args);
  await gated.begun();
  const before = await host.stateFiles();

  const second = await host.status([], { asProduct: true });
  assertEquals(second.code, 2);
  const { condition, errorReason, errorMessage = "" } = second.status.lastResult;
  assertEquals({ condition, errorReason }, { condition: "Errored", errorReason: "state-unusable" });
  assert(errorMessage.includes(`${host.state} is in use by another scan`), errorMessage);
  assert(errorMessage.includes("--state-dir"), errorMessage);
  assertEquals(await host.stateFiles(), before);

  await gated.release();
  const { code, stderr } = await first.end();
  assertEquals(code, 0, stderr);
});

Deno.test("a state directory belongs to one FileIntegrity on one node", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  const before = await host.stateFiles();
  const sample = await Deno.readTextFile(documentedSample);
  const other = await host.file("other.yaml", sample.replace("worker-fileintegrity", "other"));

  const node = await host.status(["--node", "n2", "--re-init"]);
  assertEquals(node.code, 2);
  const said = node.status.lastResult.errorMessage ?? "";
  assert(said.includes(`holds the state of worker-fileintegrity-${documentedNode}`), said);
  assert(said.includes(`name the node ${documentedNode} with --node`), said);

  const { code, stdout } = await run(host.arguments(["--once"], other));
  assertEquals(code, 2);
  assert(stdout.includes(`not of other-${documentedNode}: give this scan a directory`), stdout);
  assertEquals(await host.stateFiles(), before);
});

testWithEachAide("a root and a state directory with every kind of name", binaries, async (aide) => {
  await using host = await ScanHost.make(aide.path);
  const odd = `a name  with 'all' kinds of @@{X} #1 %41 $(id) \\b ünï [x]*.(y)|z`;
  const [root, state] = [`${host.directory}/${odd} "root"`, `${host.directory}/${odd} state`];
  await Deno.rename(host.root, root);
  const scan = (): Promise<Ran> =>
    run([
      ...["scan", "-f", documentedSample, "--once", "--node=n1", `--aide=${aide.path}`],
      ...["--root", `${root}/`, "--state-dir", state, "-o", "json"],
    ], { asProduct: true });
  const first = await scan();
  assertEquals(first.code, 0, first.stderr);
  await Deno.writeTextFile(`${root}/etc/resolv.conf`, "changed\n");
  const second = await scan();
  assertEquals(second.code, 1, second.stderr);
  assertEquals(
    JSON.parse(second.stdout).lastResult.changes.items.map(({ path }: { path: string }) => path),
    ["/etc/resolv.conf"],
  );
  const map = await Deno.readTextFile(`${state}/aide-ds-worker-fileintegrity-n1-failed.json`);
  const log: string = JSON.parse(map).data.integritylog;
  assert(log.includes("\nFile: /hostroot/etc/resolv.conf\n"), log);
  assert(!log.includes("kinds"), log);
});

Deno.test("names of 253 characters, and what of them fits into a label", async () => {
  await using host = await ScanHost.make(newest);
  const [name, node] = ["f".repeat(253), `${"n".repeat(126)}.${"o".repeat(126)}`];
  const sample = await Deno.readTextFile(documentedSample);
  const input = await host.file(
    "long.yaml",
    sample.replace("name: worker-fileintegrity", `name: ${name}`),
  );
  const scan = (): Promise<Ran> =>
    run(host.arguments(["--once", "-o", "json", "--with-config-maps", "--node", node], input));
  const first = await scan();
  assertEquals(first.code, 0, first.stderr);
  await host.append();
  const { code, stdout, stderr } = await scan();
  assertEquals(code, 1, stderr);
  const [status, map] = stdout.trim().split(/(?<=^\})\n/m).map((text) => JSON.parse(text));
  assertEquals(status.nodeName, node);
  assertEquals(status.lastResult.resultConfigMapName, map.metadata.name);
  for (const { metadata } of [status, map]) {
    assert(metadata.name.length <= 253, metadata.name);
    for (const label of Object.values<string>(metadata.labels)) assert(label.length <= 63, label);
    assertEquals(metadata.annotations["file-integrity.openshift.io/node-name"], node);
  }
});

Deno.test("a saved status outvotes the state directory: a swapped database and record are found", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  const { stdout: saved, status: { baseline } } = await host.status();
  const file = await host.file("saved.json", saved);
  await using attacker = await ScanHost.make(newest);
  await attacker.append();
  await attacker.takeBaseline();

  await host.append();
  for (const name of ["aide.db.gz", "aide.conf", "status.json"]) {
    await Deno.copyFile(`${attacker.state}/${name}`, `${host.state}/${name}`);
  }
  assertEquals((await host.scan()).code, 0, "the state directory alone can't know");

  const found = await host.status(["-f", file], { asProduct: true });
  assertEquals(found.code, 2, found.stderr);
  assertEquals(found.status.lastResult.errorReason, "baseline-altered");
  assertEquals(found.status.baseline, baseline, "the planted record must not be handed out");
  const again = await host.status(["-f", await host.file("resaved.json", found.stdout)]);
  assertEquals(again.status.lastResult.errorReason, "baseline-altered");
});

Deno.test("a saved status stands in for a record that is damaged or missing", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  const { stdout: saved, status: { baseline } } = await host.status(["--node", documentedNode]);
  // As a cluster gives it out, with that of another node beside it.
  const other = saved.replaceAll(documentedNode, "other").replaceAll(
    baseline?.digest ?? "-",
    "sha256:0",
  );
  const list = `{"apiVersion":"v1","kind":"List","items":[${other},${saved}]}`;
  const file = await host.file("saved.json", list);
  const record = `${host.state}/status.json`;

  await Deno.writeTextFile(record, "{");
  const damaged = await host.status();
  assertEquals([damaged.code, damaged.status.lastResult.errorReason], [2, "baseline-altered"]);
  assert(damaged.stderr.includes("give a saved status with -f"), damaged.stderr);
  const given = await host.status(["-f", file]);
  assertEquals([given.code, given.status.baseline], [0, baseline], given.stderr);
  assert(given.stderr.includes("going on, because a saved status is given"), given.stderr);

  await Deno.remove(record);
  const missing = await host.status();
  assertEquals([missing.code, missing.status.lastResult.errorReason], [2, "baseline-altered"]);
  await Deno.remove(record);
  const again = await host.status(["-f", file]);
  assertEquals([again.code, again.status.baseline], [0, baseline], again.stderr);
  assertEquals((await host.scan()).code, 0, "the record is back");
});

Deno.test("a damaged record stands in the way of a scan, and not of a new baseline", async () => {
  await using host = await ScanHost.make(newest);
  await host.takeBaseline();
  await Deno.writeTextFile(`${host.state}/status.json`, "{}");
  const advice =
    "Restore the file, give a saved status with -f, or take a new baseline with --re-init";
  const refused = await host.scan();
  assertEquals(refused.code, 2);
  assert(refused.stderr.includes(advice), refused.stderr);
  const { code, stderr } = await host.scan(["--re-init"]);
  assertEquals(code, 0, stderr);
  assert(stderr.includes("; going on, because a new baseline is asked for"), stderr);
  assert(!stderr.includes("Restore"), `advice that was just followed: ${stderr}`);
  assertEquals((await host.scan()).code, 0);
});

Deno.test("a state directory that can't be is Errored, with its name and the remedy", async () => {
  await using host = await ScanHost.make(newest);
  const file = await host.file("file", "");
  for (const directory of [file, `${file}/below`]) {
    const ran = await run([
      ...["scan", "-f", documentedSample, "--once", "--node=n1", `--aide=${newest}`],
      ...["--root", host.root, "--state-dir", directory, "-o", "json"],
    ]);
    assertEquals(ran.code, 2, ran.stderr);
    const { errorMessage } = JSON.parse(ran.stdout).lastResult;
    assert(errorMessage.startsWith(`State directory ${directory} can't be used: `), errorMessage);
  }
});
