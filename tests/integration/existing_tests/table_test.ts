import { assertEquals, assertMatch } from "@std/assert";

Deno.test("every test of the existing operator stands in the table, and is where the table says", async () => {
  const readme = new URL("../../README.md", import.meta.url);
  const rows = (await Deno.readTextFile(readme)).matchAll(
    /^\| (Test\w+) +\| \[[^\]]+\]\(([^)]+)\)/gm,
  );
  const places = new Map([...rows].map(([, name = "", place = ""]) => [name, place]));
  assertEquals(places.size, 22);
  for (const [name, place] of places) {
    const quoted = new RegExp(`(name: |productTest\\()"${name}"`);
    assertMatch(await Deno.readTextFile(new URL(place, readme)), quoted);
  }
});
