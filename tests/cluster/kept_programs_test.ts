import { assertEquals, assertRejects } from "@std/assert";
import { keepDirectory } from "./kept_programs.ts";
import { keptNames, ownClusterHome } from "./own_cluster_home.ts";

const unexpected = (): never => {
  throw new Error("It was not to wait");
};

Deno.test("a kept directory is filled once", async () => {
  await using home = await ownClusterHome();
  let fills = 0;
  const fill = async (directory: string): Promise<void> => {
    fills++;
    await Deno.writeTextFile(`${directory}/program`, "");
  };
  const path = await keepDirectory("one", { fill, waiting: unexpected });
  assertEquals(path, `${home.path}/programs/one`);
  assertEquals(await keepDirectory("one", { fill, waiting: unexpected }), path);
  assertEquals(fills, 1);
});

Deno.test("of a fill that fails nothing is kept, and the next one begins anew", async () => {
  await using home = await ownClusterHome();
  const failing = async (directory: string): Promise<void> => {
    await Deno.writeTextFile(`${directory}/half`, "");
    throw new Error("The disk is full");
  };
  await assertRejects(
    () => keepDirectory("one", { fill: failing, waiting: unexpected }),
    Error,
    "The disk is full",
  );
  assertEquals(await keptNames(home.path), []);
  const path = await keepDirectory("one", { fill: () => Promise.resolve(), waiting: unexpected });
  assertEquals(await Array.fromAsync(Deno.readDir(path)), []);
});

Deno.test("two at once: the second waits, says so, and takes what the first made", async () => {
  await using _home = await ownClusterHome();
  const begun = Promise.withResolvers<void>();
  const waits = Promise.withResolvers<void>();
  const first = keepDirectory("one", {
    fill: async (directory) => {
      begun.resolve();
      await waits.promise;
      await Deno.writeTextFile(`${directory}/program`, "first");
    },
    waiting: unexpected,
  });
  await begun.promise;
  const second = await keepDirectory("one", { fill: unexpected, waiting: waits.resolve });
  assertEquals(await first, second);
  assertEquals(await Deno.readTextFile(`${second}/program`), "first");
});

Deno.test("what a killed process left half done is not taken for whole", async () => {
  await using home = await ownClusterHome();
  const program = `
    import { keepDirectory } from ${JSON.stringify(import.meta.resolve("./kept_programs.ts"))};
    await keepDirectory("one", {
      fill: async (directory) => {
        await Deno.writeTextFile(directory + "/half", "");
        console.log("begun");
        await new Promise((resolve) => setTimeout(resolve, 1e6));
      },
      waiting: () => {},
    });`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  assertEquals(await keptNames(home.path), ["one.half"]);
  const path = await keepDirectory("one", { fill: () => Promise.resolve(), waiting: unexpected });
  assertEquals(await Array.fromAsync(Deno.readDir(path)), []);
  assertEquals(await keptNames(home.path), ["one"]);
});
