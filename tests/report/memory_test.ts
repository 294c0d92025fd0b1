import { assert, assertEquals } from "@std/assert";
import { engineFlag } from "../../src/build/permissions.ts";

const program = new URL("./memory_program.ts", import.meta.url).pathname;

for (const what of ["plain", "json", "log"]) {
  Deno.test(`A report of 200 MB adds less than 20 MB of memory: ${what}`, async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      // As the product runs: by itself the engine takes up to 32 MB for what is young, and when it does is chance.
      args: ["run", "-A", "--no-check", engineFlag, program, what, "200"],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { complete, grown } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(complete, true);
    assert(grown < 20e6, `memory grew by ${grown} bytes`);
  });
}
