/** What `scan` advises is what its user can do: options, and not a cluster's objects. */

import { assertEquals } from "@std/assert";
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
