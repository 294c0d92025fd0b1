import { assert, assertEquals } from "@std/assert";

const program = new URL("./memory_program.ts", import.meta.url).pathname;

for (const what of ["plain", "json", "log"]) {
  Deno.test(`A report of 200 MB adds less than 20 MB of memory: ${what}`, async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, what, "200"],
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    const { complete, grown } = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(complete, true);
    assert(grown < 20e6, `memory grew by ${grown} bytes`);
  });
}
