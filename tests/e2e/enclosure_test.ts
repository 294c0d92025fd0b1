import { assert, assertEquals } from "@std/assert";
import { hierarchies, processesOfRun, removeGroups } from "./cgroups.ts";
import { machineFaults } from "./preconditions.ts";

// Namespaces and cgroups take root, and not every container has them.
const ignore = (await machineFaults()).length > 0;

/** Starts the programs, waits until the inner one runs, and kills the outer one, which can't clean up then. */
async function killedRun(name: string, ...args: string[]): Promise<void> {
  const outer = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--frozen", "--quiet", "-A"],
      ...[new URL("enclosing_program.ts", import.meta.url).pathname, name, ...args],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = outer.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await reader.read();
  outer.kill("SIGKILL");
  await outer.status;
  await reader.cancel();
  assertEquals(value, "started\n");
}

async function groupsLeft(name: string): Promise<string[]> {
  const paths = (await hierarchies()).map((path) => `${path}/${name}`);
  const there = await Promise.all(
    paths.map((path) => Deno.stat(path).then(() => true, () => false)),
  );
  return paths.filter((_, at) => there[at]);
}

const newName = (): string => `enclosure-test-${crypto.randomUUID().slice(0, 8)}`;

Deno.test({
  name: "e2e enclosure: when the run is killed, all that it started ends by itself",
  ignore,
  fn: async () => {
    const name = newName();
    try {
      await killedRun(name);
      const end = performance.now() + 20_000;
      while ((await processesOfRun(name)).length > 0) {
        assert(performance.now() < end, "processes are left");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } finally {
      await removeGroups(name);
    }
    assertEquals(await groupsLeft(name), []);
  },
});

Deno.test({
  name: "e2e enclosure: what does not end by itself is ended by the next run, by its cgroup",
  ignore,
  fn: async () => {
    const name = newName();
    let ended = 0;
    try {
      await killedRun(name, "deaf");
    } finally {
      ended = await removeGroups(name);
    }
    assert(ended >= 3, `${ended} processes were ended`);
    assertEquals(await processesOfRun(name), []);
    assertEquals(await groupsLeft(name), []);
  },
});
