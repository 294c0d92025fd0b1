/** What `scan` advises is what its user can do: options, and not a cluster's objects. */

import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { documentedSample, run } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const newest = (await aideBinaries())[1]?.path ?? "";

for (const path of ["/nonexistent/aide", "/bin/true"]) {
  Deno.test(`scan --aide ${path} is told by its name`, async () => {
    await using host = await ScanHost.make(path);
    const { code, status } = await host.status();
    const { errorReason, errorMessage } = status.lastResult;
    assertEquals([code, errorReason, errorMessage], [
      ...[2, "aide-missing"],
      `${path} does not start or is not AIDE: correct --aide, or leave it out for the aide on the PATH`,
    ]);
  });
}

/** What becomes of a baseline, and what is advised. */
const losses: Record<string, [(state: string) => Promise<void>, string]> = {
  "a lost database": [(state) => Deno.remove(`${state}/aide.db.gz`), "Restore it from a backup"],
  "an altered database": [
    (state) => Deno.writeTextFile(`${state}/aide.db.gz`, "evil\n"),
    "Restore it from a backup",
  ],
  "an altered configuration": [
    (state) => Deno.writeTextFile(`${state}/aide.conf`, "# evil\n", { append: true }),
    "Restore it from a backup",
  ],
  "a lost record": [(state) => Deno.remove(`${state}/status.json`), "Restore the status"],
};

for (const [name, [lose, restore]] of Object.entries(losses)) {
  Deno.test(`scan after ${name} advises --re-init, and no more once that was given`, async () => {
    await using host = await ScanHost.make(newest);
    await host.takeBaseline();
    await lose(host.state);
    const { code, status } = await host.status();
    const { errorMessage = "" } = status.lastResult;
    assertEquals(code, 2);
    const advice = `. ${restore}, or take a new baseline with --re-init`;
    assertEquals(errorMessage.slice(-advice.length), advice);

    const renewed = await host.status(["--re-init"]);
    assertEquals(renewed.code, 0, renewed.stderr);
    const said = renewed.stderr + (renewed.status.baseline?.absorbed?.note ?? "");
    assert(!/Restore|--re-init/.test(said), said);
  });
}

Deno.test("scan of a host most of which is gone advises --re-init where that is on purpose, and no more then", async () => {
  await using host = await ScanHost.make(newest);
  const most = `${host.root}/usr/lib`;
  await Deno.mkdir(most);
  for (let number = 0; number < 150; number++) await Deno.writeTextFile(`${most}/${number}`, "");
  await host.takeBaseline();
  await Deno.remove(most, { recursive: true });
  const { code, status } = await host.status();
  const { errorReason, errorMessage = "" } = status.lastResult;
  assertEquals([code, errorReason], [2, "coverage-collapsed"]);
  const advice = "Where they are gone on purpose, take a new baseline with --re-init";
  assertEquals(errorMessage.slice(-advice.length), advice);

  const renewed = await host.status(["--re-init"]);
  assertEquals(renewed.code, 0, renewed.stderr);
  const { note = "" } = renewed.status.baseline?.absorbed ?? {};
  assert(note.endsWith("and all of it?"), note);
});

Deno.test("scan --root of nothing: the option is to be corrected", async () => {
  await using host = await ScanHost.make(newest);
  const { code, stdout } = await run([
    ...["scan", "-f", documentedSample, "--once", "-o", "json", "--node=n1", `--aide=${newest}`],
    ...["--root", `${host.directory}/nowhere`, "--state-dir", host.state],
  ]);
  const { errorReason, errorMessage } = JSON.parse(stdout).lastResult;
  assertEquals([code, errorReason, errorMessage], [
    ...[2, "root-missing"],
    `Host root ${host.directory}/nowhere is missing or empty: correct --root`,
  ]);
});
