/** An AIDE that is missing, is no program, hangs, or ends in ways that are no verdict. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ErrorReason } from "../../src/api/error_reasons.ts";
import type { FileIntegrityNodeStatus } from "../../src/api/node_status.ts";
import { aideProgram } from "../../src/node/aide_process.ts";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { hasEnded } from "./ended_process.ts";
import { scriptedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide, type TurnOptions } from "./test_host.ts";

const binaries = await aideBinaries();

/** A host with a baseline, tampered with since. */
async function tamperedHost(aide: AideBinary): Promise<TestHost> {
  const host = await TestHost.make(aide);
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
  await host.append("etc/hosts", "# tampered\n");
  return host;
}

const newest = binaries.slice(-1);

testWithEachAide("no AIDE, or something else in its place", newest, async (aide) => {
  await using host = await tamperedHost(aide);
  const place = (name: string): string => `${host.directory}/${name}`;
  await Deno.writeTextFile(place("text"), "just text\n", { mode: 0o755 });
  await Deno.writeTextFile(place("locked"), "#!/bin/sh\nexit 0\n", { mode: 0o644 });
  await Deno.writeTextFile(place("empty"), "", { mode: 0o755 });
  await Deno.writeFile(place("binary"), new Uint8Array([0x7f, 0x45, 0x4c, 0x46]), { mode: 0o755 });
  await Deno.mkdir(place("directory"));
  await Deno.symlink(place("nowhere"), place("dangling"));
  const names = ["missing", "text", "locked", "empty", "binary", "directory", "dangling"];
  for (const path of [...names.map(place), "/bin/true", "/bin/false", "/bin/echo"]) {
    const { status } = await host.turn({ aide: aideProgram({ path, idle: [] }) });
    assertEquals(
      [status.lastResult.condition, status.lastResult.errorReason],
      ["Errored", "aide-missing"],
      path,
    );
  }
  const old = await scriptedAide(aide, place("old"), "exit 0");
  const told: typeof old = {
    ...old,
    version: () => Promise.resolve({ major: 0, minor: 16, patch: 2, text: "0.16.2" }),
  };
  assertEquals((await host.turn({ aide: told })).status.lastResult.errorReason, "aide-too-old");
});

testWithEachAide("AIDE taken away between its version and its run", newest, async (aide) => {
  await using host = await tamperedHost(aide);
  const path = `${host.directory}/aide`;
  const gone = await scriptedAide(aide, path, "");
  const { lastResult } = (await host.turn({
    aide: {
      ...gone,
      version: async (signal) => {
        const version = await gone.version(signal);
        await Deno.remove(path);
        return version;
      },
    },
  })).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "aide-missing"]);
});

testWithEachAide("AIDE's version does not wait for an idle machine", newest, async ({ path }) => {
  // What is to start AIDE at idle priority never does.
  const aide = aideProgram({ path, idle: ["/bin/false"] });
  const { signal } = new AbortController();
  assert(await aide.version(signal) !== undefined);
  const sink = (): void => {};
  const run = { args: ["--version"], stdout: sink, stderr: sink, timeoutMs: 60_000, signal };
  assertEquals((await aide.run(run)).code, 1);
});

testWithEachAide("every exit status that is no verdict", binaries, async (aide) => {
  await using host = await tamperedHost(aide);
  const known: Record<number, ErrorReason> = {
    14: "write-error",
    17: "config-error",
    18: "io-error",
    21: "lock-error",
    22: "out-of-memory",
    126: "not-runnable",
    255: "hash-refused",
  };
  const codes = [
    ...Array.from({ length: 24 }, (_, index) => index + 8),
    64,
    126,
    127,
    128,
    137,
    255,
  ];
  for (const code of codes) {
    // AIDE does all of its work on the host as it was, so that only the status tells of the error.
    const script = `"$AIDE" "$@"; exit ${code}`;
    const fake = await scriptedAide(aide, `${host.directory}/fake`, script);
    const { lastResult } = (await host.turn({ aide: fake })).status;
    assertEquals(lastResult.condition, "Errored", `${code}`);
    if (code in known) assertEquals(lastResult.errorReason, known[code], `${code}`);
  }
});

testWithEachAide("an exit status that contradicts the report", binaries, async (aide) => {
  await using host = await tamperedHost(aide);
  for (const code of [0, 1, 2, 3, 5, 6, 7]) {
    const script = `"$AIDE" "$@"; exit ${code}`;
    const liar = await scriptedAide(aide, `${host.directory}/liar`, script);
    const { lastResult } = (await host.turn({ aide: liar })).status;
    assertEquals(
      [lastResult.condition, lastResult.errorReason],
      ["Errored", "report-contradicts"],
      `${code}`,
    );
  }
});

testWithEachAide("reports that say nothing", binaries, async (aide) => {
  await using host = await tamperedHost(aide);
  const old = (await host.turn()).status.baseline;
  const scripts = [
    "exit 0", // neither report
    '"$AIDE" "$@" > /dev/null; exit 0', // only the text
    '"$AIDE" "$@" | head -c 200; exit 0', // half of the other
    '"$AIDE" "$@" >&2; exit 0',
  ];
  for (const script of scripts) {
    for (const reInit of [false, true]) {
      const mute = await scriptedAide(aide, `${host.directory}/mute`, script);
      const { status } = await host.turn({ aide: mute, reInit });
      assertEquals(status.lastResult.condition, "Errored", script);
      assertEquals(status.baseline, old, script);
    }
  }
});

testWithEachAide(
  "a new baseline where AIDE can't use the old one any more",
  newest,
  async (aide) => {
    for (const [code, reason] of [[255, "hash-refused"], [19, "version-mismatch"]] as const) {
      await using host = await tamperedHost(aide);
      const old = (await host.turn()).status.baseline;
      const script = `case " $* " in *" --init "*) exec "$AIDE" "$@" ;; esac; exit ${code}`;
      const blind = await scriptedAide(aide, `${host.directory}/blind`, script);
      const checked = (await host.turn({ aide: blind })).status;
      assertEquals(checked.lastResult.errorReason, reason);
      assertEquals(checked.baseline, old);
      const { baseline } = (await host.turn({ aide: blind, reInit: true })).status;
      assertEquals([baseline?.reason, baseline?.absorbed?.changed], ["requested", 0]);
      assertStringIncludes(baseline?.absorbed?.note ?? "", "AIDE");
      assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
    }
  },
);

const hanging = {
  "an AIDE that hangs": "exec sleep 600",
  "an AIDE that hangs and ignores SIGTERM":
    "trap '' TERM\nwhile :; do read -r line < /dev/zero; done",
  "an AIDE that hangs before it reads its configuration": "exec 0<&- sleep 600",
};

/** Makes a turn with an AIDE that writes its pid to a file and hangs; gives what came of it, and that process. */
async function hungTurn(
  host: TestHost,
  options: TurnOptions,
  pidFile: string,
): Promise<{ status: FileIntegrityNodeStatus; pid: number }> {
  // An AIDE whose time was over before it hung has shown nothing: the next one is given more.
  for (let timeoutMs = 200;; timeoutMs *= 2) {
    const { status } = await host.turn({ ...options, timeoutMs });
    const pid = Number(await Deno.readTextFile(pidFile).catch(() => ""));
    if (pid === 0 && timeoutMs < 60_000) continue;
    assert(pid > 0, `It did not begin within ${timeoutMs} ms`);
    await Deno.remove(pidFile);
    return { status, pid };
  }
}

for (const [name, script] of Object.entries(hanging)) {
  testWithEachAide(name, newest, async (aide) => {
    await using host = await tamperedHost(aide);
    const old = (await host.turn()).status.baseline;
    const pidFile = `${host.directory}/pid`;
    const hung = await scriptedAide(
      aide,
      `${host.directory}/hung`,
      `echo $$ > ${pidFile}\n${script}`,
    );
    for (const reInit of [false, true]) {
      const { status, pid } = await hungTurn(host, { aide: hung, reInit }, pidFile);
      assertEquals(
        [status.lastResult.condition, status.lastResult.errorReason],
        ["Errored", "aide-timeout"],
      );
      assertStringIncludes(status.lastResult.errorMessage ?? "", "did not end within");
      assertEquals(status.baseline, old);
      assert(await hasEnded(pid), "it still runs");
    }
  });
}
