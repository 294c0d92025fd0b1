import { assertEquals, assertThrows } from "@std/assert";
import { sourceChanges } from "./source_changes.ts";

Deno.test("dev: TypeScript files that change are told, from the start of the watch to its end", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const stop = new AbortController();
  try {
    await Deno.mkdir(`${directory}/below`);
    await Deno.writeTextFile(`${directory}/gone.ts`, "");
    const changes = sourceChanges(directory, stop.signal);
    // An editor's own files, and reading, are no changes of a source.
    await Deno.writeTextFile(`${directory}/.one.ts.swp`, "");
    await Deno.writeTextFile(`${directory}/.#one.ts`, "");
    await Deno.readTextFile(`${directory}/gone.ts`);
    await Deno.writeTextFile(`${directory}/below/one.ts`, "");
    await Deno.writeTextFile(`${directory}/half`, "");
    await Deno.rename(`${directory}/half`, `${directory}/two.ts`);
    await Deno.remove(`${directory}/gone.ts`);
    const wanted = ["below/one.ts", "gone.ts", "two.ts"].map((path) => `${directory}/${path}`);
    const seen = new Set<string>();
    while (seen.size < wanted.length) { // a slow machine may take them for several changes
      const { value } = await changes.next();
      for (const path of value ?? ["the end"]) seen.add(path);
    }
    assertEquals([...seen].sort(), wanted);

    const next = changes.next();
    await Deno.writeTextFile(`${directory}/below/one.ts`, "changed");
    assertEquals(await next, { done: false, value: [`${directory}/below/one.ts`] });
    const last = changes.next();
    stop.abort();
    assertEquals(await last, { done: true, value: undefined });
  } finally {
    stop.abort();
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("dev: a directory that is not there can't be watched", () => {
  assertThrows(() => sourceChanges("/there/is/none", AbortSignal.abort()), Deno.errors.NotFound);
});
