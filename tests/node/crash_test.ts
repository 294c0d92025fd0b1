import { assert, assertEquals } from "@std/assert";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import type { CrashOrder } from "./crash_program.ts";
import { TestHost, testWithEachAide, type Turn } from "./test_host.ts";

const binaries = await aideBinaries();
const program = new URL("./crash_program.ts", import.meta.url).pathname;

/** Runs a turn in a process of its own; gives whether it died where it was told to. */
async function dies(order: CrashOrder): Promise<boolean> {
  const { signal, code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", program, JSON.stringify(order)],
    stderr: "piped",
  }).output();
  if (signal === "SIGKILL") return true;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return false;
}

async function copyOf(host: TestHost): Promise<TestHost> {
  const directory = await Deno.makeTempDir({ prefix: "fio-crash-" });
  const { code } = await new Deno.Command("cp", {
    args: ["-a", `${host.directory}/.`, directory],
  }).output();
  assertEquals(code, 0);
  return TestHost.at(host.aide, directory);
}

/** Kills a turn before each of its steps, and in the middle of each write, and looks at what the next start makes of it. */
async function walk(
  prepared: TestHost,
  reInit: boolean,
  check: (after: Turn, host: TestHost, step: string) => Promise<void> | void,
): Promise<number> {
  for (const torn of [false, true]) {
    for (let fatal = 1;; fatal++) {
      await using host = await copyOf(prepared);
      const { aide, directory } = host;
      if (!await dies({ aide, directory, fatal, torn, reInit })) {
        if (torn) return fatal - 1;
        break;
      }
      const step = `killed ${torn ? "in" : "before"} step ${fatal}`;
      await check(await host.turn(), host, step);
      await noLeftovers(host, step);
    }
  }
  return 0;
}

/** After a turn that came to its end, nothing half made lies about. */
async function noLeftovers(host: TestHost, step: string): Promise<void> {
  for await (const { name } of Deno.readDir(host.state)) {
    assert(!/\.(tmp|draft|healed|new)$/.test(name), `${step}: ${name} was left behind`);
  }
}

async function makeHost(aide: AideBinary): Promise<TestHost> {
  return await TestHost.make(aide);
}

testWithEachAide("killed anywhere in the first baseline", binaries, async (aide) => {
  await using prepared = await makeHost(aide);
  await Deno.mkdir(prepared.state);
  const steps = await walk(prepared, false, async ({ status, publication }, host, step) => {
    assertEquals(status.lastResult.condition, "Succeeded", step);
    assertEquals(status.baseline?.reason, "first", step);
    await host.append("etc/hosts", "# later\n");
    const { status: later } = await host.turn();
    assertEquals(later.lastResult.filesChanged, 1, `${step}: ${publication.result.condition}`);
  });
  assert(steps >= 20, `only ${steps} steps`);
});

testWithEachAide("killed anywhere in a re-init", binaries, async (aide) => {
  await using prepared = await makeHost(aide);
  const old = (await prepared.turn()).status.baseline?.digest;
  await prepared.append("etc/hosts", "# absorbed\n");
  assertEquals((await prepared.turn()).status.lastResult.condition, "Failed");
  const seen = new Set<string>();
  const steps = await walk(prepared, true, ({ status }, _host, step) => {
    const isOld = status.baseline?.digest === old;
    seen.add(isOld ? "old" : "new");
    // The old baseline still tells of the change; the new one has absorbed it, and says so.
    assertEquals(status.lastResult.condition, isOld ? "Failed" : "Succeeded", step);
    if (!isOld) assertEquals(status.baseline?.absorbed?.changed, 1, step);
  });
  assertEquals([...seen].sort(), ["new", "old"]);
  assert(steps >= 40, `only ${steps} steps`);
});

testWithEachAide("killed anywhere while a failure is published", binaries, async (aide) => {
  await using prepared = await makeHost(aide);
  await prepared.turn();
  await prepared.append("etc/hosts", "# changed\n");
  const steps = await walk(prepared, false, async ({ status }, host, step) => {
    assertEquals(status.lastResult.condition, "Failed", step);
    assertEquals(status.lastResult.filesChanged, 1, step);
    assert((await host.log(host.failedConfigMap)).includes("/hostroot/etc/hosts"), step);
  });
  assert(steps >= 15, `only ${steps} steps`);
});
