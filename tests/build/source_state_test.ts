import { assertEquals, assertMatch, assertRejects, equal } from "@std/assert";
import { builtFrom, sourceState } from "../../src/build/source_state.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

const stateOf = (env: Record<string, string>): ReturnType<typeof sourceState> =>
  sourceState((name) => env[name]);

/** What `second` gives between two equal answers of `first`: somebody may change the sources meanwhile, or commit. */
async function between<A, B>(first: () => Promise<A>, second: () => Promise<B>): Promise<[A, B]> {
  for (let before = await first();;) {
    const given = await second();
    const after = await first();
    if (equal(before, after)) return [before, given];
    before = after;
  }
}

async function git(): Promise<{ success: boolean; said: string }> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["log", "-1", "--format=%H %ct"],
    cwd: new URL(".", import.meta.url).pathname,
    stderr: "null",
  }).output();
  return { success, said: new TextDecoder().decode(stdout).trim() };
}

Deno.test("source state: git says it where nothing else does", async () => {
  const [{ success, said }, state] = await between(git, () => stateOf({}));
  if (!success) return assertEquals(state, { changed: false, time: 0 });
  const [hash, time] = said.split(" ");
  assertEquals([state.commit, state.time], [hash, Number(time)]);
});

Deno.test("source state: the variables say it otherwise, and nothing then counts as changed", async () => {
  const env = { SOURCE_REVISION: commit, SOURCE_DATE_EPOCH: "1700000000" };
  assertEquals(await stateOf(env), { commit, changed: false, time: 1_700_000_000 });
  const asBuildArguments = { SOURCE_REVISION: "", SOURCE_DATE_EPOCH: "" };
  const [state, unset] = await between(() => stateOf({}), () => stateOf(asBuildArguments));
  assertEquals(unset, state);
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
