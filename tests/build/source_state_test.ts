import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { builtFrom, sourceState } from "../../src/build/source_state.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

const stateOf = (env: Record<string, string>): ReturnType<typeof sourceState> =>
  sourceState((name) => env[name]);

Deno.test("source state: git says it where nothing else does", async () => {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["log", "-1", "--format=%H %ct"],
    cwd: new URL(".", import.meta.url).pathname,
    stderr: "null",
  }).output();
  const state = await stateOf({});
  if (!success) return assertEquals(state, { changed: false, time: 0 });
  const [said, time] = new TextDecoder().decode(stdout).trim().split(" ");
  assertEquals([state.commit, state.time], [said, Number(time)]);
});

Deno.test("source state: the variables say it otherwise, and nothing then counts as changed", async () => {
  const env = { SOURCE_REVISION: commit, SOURCE_DATE_EPOCH: "1700000000" };
  assertEquals(await stateOf(env), { commit, changed: false, time: 1_700_000_000 });
  const unset = await stateOf({ SOURCE_REVISION: "", SOURCE_DATE_EPOCH: "" }); // as build arguments are
  assertEquals(unset, await stateOf({}));
});

Deno.test("source state: what is no commit, or no time, is refused", async () => {
  for (const [name, value] of [["SOURCE_REVISION", "main"], ["SOURCE_DATE_EPOCH", "2026-11-25"]]) {
    await assertRejects(() => stateOf({ [name!]: value! }), TypeError, `${name}=${value}`);
  }
});

Deno.test("source state: in a few words", () => {
  assertEquals(builtFrom({ commit, changed: false, time: 0 }), "commit 0123456789ab");
  assertEquals(builtFrom({ commit, changed: true, time: 0 }), "commit 0123456789ab, changed");
  assertMatch(builtFrom({ changed: false, time: 0 }), /unknown/);
});
