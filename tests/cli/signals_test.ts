import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { hasEnded } from "../node/ended_process.ts";
import { testWithEachAide } from "../node/test_host.ts";
import { gatedAide, hasOpen } from "./gated_aide.ts";
import { start } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const binaries = await aideBinaries();

// AIDE hashes for minutes on this, and it takes no space.
const endless = 200 * 2 ** 30;

async function makeEndless(path: string): Promise<void> {
  using file = await Deno.create(path);
  await file.truncate(endless);
}

testWithEachAide(
  "a signal in the middle of a run of AIDE leaves the old state",
  binaries,
  async (aide) => {
    await using host = await ScanHost.make(aide.path);
    const gated = await gatedAide(host, false);
    const args = [...host.arguments(["--once"]).map((one) => one === aide.path ? gated.path : one)];
    const huge = `${host.root}/etc/huge`;
    const interrupt = async (signal: Deno.Signal, asProduct: boolean): Promise<number> => {
      await makeEndless(huge);
      await using running = await start(args, { asProduct });
      const pid = await gated.begun();
      await hasOpen(pid, huge);
      running.kill(signal);
      const { code, stdout, stderr } = await running.end();
      assertEquals(stdout, "");
      assert(stderr.includes("Ended by a signal before there was a verdict"), stderr);
      assert(await hasEnded(pid), "AIDE was left behind");
      await Deno.remove(huge);
      return code;
    };

    assertEquals(await interrupt("SIGTERM", true), 143);
    const left = Object.keys(await host.stateFiles());
    assert(!left.includes("aide.db.gz") && !left.includes("status.json"), left.join(", "));

    await host.takeBaseline();
    const before = await host.stateFiles();
    assertEquals(await interrupt("SIGINT", false), 130);
    const { "aide.log.new": _, ...after } = await host.stateFiles();
    assertEquals(after, before);

    const { code, status, stderr } = await host.status();
    assertEquals(code, 0, stderr);
    assertEquals(status.baseline, JSON.parse(before["status.json"] ?? "").baseline);
  },
);

const newest = binaries[1]?.path ?? "";

async function repeating(gracePeriod: number, initialDelay: number): Promise<string> {
  const sample = await Deno.readTextFile(
    new URL("../../manifests/samples/worker-fileintegrity.yaml", import.meta.url),
  );
  return sample.replace("gracePeriod: 20", `gracePeriod: ${gracePeriod}`)
    .replace("initialDelay: 60", `initialDelay: ${initialDelay}`);
}

Deno.test("a scan that repeats: initialDelay, then results at gracePeriod, until a signal ends it with 0", async () => {
  await using host = await ScanHost.make(newest);
  const input = await host.file("input.yaml", await repeating(3, 2));
  const began = Date.now();
  await using running = await start(host.arguments(["-o", "json"], input), { asProduct: true });
  await running.until("the first result", ({ stdout }) => /^\}$/m.test(stdout));
  const first = JSON.parse(running.stdout);
  assert(
    running.stderr.includes("spec.config.gracePeriod: 3 is below the least value: 10 s is used"),
  );
  // Times are whole seconds, rounded down.
  assert(Date.parse(first.lastResult.scan.start) + 999 >= began + 2000, running.stderr);
  await host.append();
  await running.until("the second result", ({ stdout }) => stdout.split(/^\}$/m).length > 2);
  running.kill("SIGTERM");
  const { code, stdout, stderr } = await running.end();
  assertEquals(code, 0, stderr);
  const second = JSON.parse(stdout.slice(stdout.indexOf("\n}\n") + 3));
  assertEquals([first, second].map(({ lastResult }) => lastResult.condition), [
    "Succeeded",
    "Failed",
  ]);
  const pause = Date.parse(second.lastResult.scan.start) -
    Date.parse(first.lastResult.lastProbeTime);
  assert(pause >= 10_000, stderr);
});

Deno.test("a scan that repeats ends with 0 when a signal comes in the initial delay", async () => {
  await using host = await ScanHost.make(newest);
  const input = await host.file(
    "input.yaml",
    (await repeating(20, 3600)).replace("debug: false", "debug: true"),
  );
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    await using running = await host.start([], input);
    await running.until("the wait", ({ stderr }) => stderr.includes("First scan at "));
    running.kill(signal);
    const { code, stdout } = await running.end();
    assertEquals({ code, stdout }, { code: 0, stdout: "" });
  }
});

Deno.test("--once does not wait for the initial delay, and says so", async () => {
  await using host = await ScanHost.make(newest);
  const input = await host.file("input.yaml", await repeating(20, 3600));
  await using running = await start(host.arguments(["--once"], input));
  const { code, stderr } = await running.end();
  assertEquals(code, 0, stderr);
  assert(stderr.includes("spec.config.initialDelay (3600 s) is for scans that repeat"), stderr);
});
