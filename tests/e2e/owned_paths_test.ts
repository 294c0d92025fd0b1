import { assertEquals } from "@std/assert";
import { foreignPaths, ownPaths, type Places, removeOwned } from "./owned_paths.ts";

async function machine(): Promise<AsyncDisposable & { places: Places; root: string }> {
  const root = await Deno.makeTempDir({ prefix: "owned-paths-" });
  await Deno.mkdir(`${root}/etc`);
  const places = {
    home: `${root}/home`,
    hostPaths: [`${root}/etc/changed`, `${root}/state/one`],
    shared: `${root}/state`,
  };
  return {
    ...{ places, root },
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
}

Deno.test("e2e owned paths: all that a run made goes, also with a directory that it shares", async () => {
  await using at = await machine();
  const { places, root } = at;
  await ownPaths(places);
  await Deno.mkdir(`${root}/etc/changed`);
  await Deno.mkdir(`${root}/state/one/deep`, { recursive: true });
  assertEquals(await foreignPaths(places), []);
  assertEquals(await removeOwned(places), [...places.hostPaths, places.shared]);
  assertEquals(await names(root), ["etc"]);
  assertEquals(await names(`${root}/etc`), []);
});

Deno.test("e2e owned paths: what was there before is named, and never removed", async () => {
  await using at = await machine();
  const { places, root } = at;
  await Deno.mkdir(`${root}/state/one`, { recursive: true });
  assertEquals(await foreignPaths(places), [`${root}/state/one`]);
  assertEquals(await removeOwned(places), []);
  assertEquals(await names(`${root}/state`), ["one"]);
});

Deno.test("e2e owned paths: a shared directory stays where others are in it, or made it", async () => {
  await using at = await machine();
  const { places, root } = at;
  await ownPaths(places);
  await Deno.mkdir(`${root}/state/other`, { recursive: true });
  assertEquals(await removeOwned(places), []);
  assertEquals(await names(`${root}/state`), ["other"]);
  await Deno.remove(`${root}/state/other`);
  await ownPaths(places);
  assertEquals(await removeOwned(places), []);
  assertEquals(await names(root), ["etc", "state"]);
});

Deno.test("e2e owned paths: a note that names other paths removes none of them", async () => {
  await using at = await machine();
  const { places, root } = at;
  await ownPaths(places);
  await Deno.writeTextFile(`${places.home}/owned.json`, JSON.stringify([`${root}/etc`]));
  assertEquals(await removeOwned(places), []);
  assertEquals(await names(root), ["etc"]);
});
