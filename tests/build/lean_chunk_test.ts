import { assert, assertEquals } from "@std/assert";
import { bundle } from "../../src/build/bundle.ts";
import { leanChunk } from "../../src/build/lean_chunk.ts";

Deno.test("lean chunk: a require is made when it is called", () => {
  const made =
    'var a=1;import{createRequire as __deno_internal_createRequire} from "node:module";var m=__deno_internal_createRequire(import.meta.url);export{m as a};';
  assertEquals(
    leanChunk(made, []),
    'var a=1;var m=(id)=>process.getBuiltinModule("node:module").createRequire(import.meta.url)(id);export{m as a};',
  );
});

Deno.test("lean chunk: only the named parts are hidden", () => {
  const text = 'await import("./big.js");await import("./small.js")';
  assertEquals(
    leanChunk(text, ["big.js"]),
    'await import(String("./big.js"));await import("./small.js")',
  );
});

Deno.test("bundle: a program loads no require and no large part before it uses them", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const filler = "x".repeat(1_100_000);
    await Deno.writeTextFile(
      `${directory}/big.ts`,
      `import { KubeConfig } from "@kubernetes/client-node";
      export const size = ${JSON.stringify(filler)}.length;
      export const kind = typeof KubeConfig;`,
    );
    await Deno.writeTextFile(
      `${directory}/main.ts`,
      `if (Deno.args[0] === "big") {
        const { size, kind } = await import("./big.ts");
        console.log(size, kind);
      } else console.log("small");`,
    );
    const output = `${directory}/bundle`;
    const { hidden } = await bundle(output, { entry: `${directory}/main.ts` });
    assertEquals(hidden.length, 1);
    for await (const { name } of Deno.readDir(output)) {
      const text = await Deno.readTextFile(`${output}/${name}`);
      const eager = /createRequire as \w+\s*\}\s*from/.test(text);
      assert(!eager, `${name} makes a require at once`);
    }
    const run = async (args: string[], flags: string[]): Promise<string> => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-config", "--no-prompt", ...flags, `${output}/main.js`, ...args],
        env: { NO_COLOR: "1" },
      }).output();
      const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
      return text(stdout) || text(stderr);
    };
    assertEquals(await run([], []), "small\n");
    assertEquals(await run(["big"], ["-A"]), "1100000 function\n");
    // What is hidden is read when it is used, and that needs permission.
    assert((await run(["big"], [])).includes("Requires read access"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
