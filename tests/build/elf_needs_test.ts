import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { elfNeeds } from "../../src/build/image/elf_needs.ts";

const shell = await Deno.readFile("/bin/sh");

Deno.test("ELF: a program names its loader and its libraries", () => {
  const needs = elfNeeds(shell);
  assert(/^\/lib.*\/ld-linux/.test(needs?.interpreter ?? ""), needs?.interpreter);
  assert(needs?.libraries.includes("libc.so.6"));
});

Deno.test("ELF: it says what the system's own loader says of Deno", async () => {
  const path = await Deno.realPath(Deno.execPath());
  const needs = elfNeeds(await Deno.readFile(path));
  const { stdout } = await new Deno.Command(needs?.interpreter ?? "", { args: ["--list", path] })
    .output();
  const loaded = new TextDecoder().decode(stdout);
  for (const library of needs?.libraries ?? []) assert(loaded.includes(library), library);
  assert((needs?.libraries.length ?? 0) > 2);
});

Deno.test("ELF: other files need nothing", async () => {
  for (const path of ["deno.json", "LICENSE"]) {
    assertEquals(
      elfNeeds(await Deno.readFile(new URL(`../../${path}`, import.meta.url))),
      undefined,
    );
  }
  assertEquals(elfNeeds(new Uint8Array()), undefined);
});

Deno.test("ELF: a damaged file is refused or read, and never read on and on", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(4096), fc.nat(255)), { maxLength: 20 }),
    fc.nat(shell.length),
    (changes, length) => {
      const damaged = shell.slice(0, length);
      for (const [at, value] of changes) damaged[at] = value;
      try {
        elfNeeds(damaged);
      } catch (error) {
        assert(error instanceof RangeError, String(error));
      }
    },
  ));
});
