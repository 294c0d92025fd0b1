import { assertEquals, assertMatch } from "@std/assert";
import type { ConfigError } from "../../src/aide/config_check.ts";
import { ConfigJudge, defaultConfig } from "../../src/operator/config_judge.ts";
import type { UserConfigMap } from "../../src/operator/user_config_maps.ts";

const userConfig = { name: "mine", namespace: "ns", key: "aide.conf" };

/** A judge of one text, with what AIDE answers each time that it is asked. */
function judge(
  text: string,
  ...answers: ConfigError[][]
): { judge: ConfigJudge; asked(): number } {
  let asked = 0;
  const found: UserConfigMap = { state: "found", data: { "aide.conf": text } };
  return {
    judge: new ConfigJudge({
      namespace: "ns",
      checkConfig: () => Promise.resolve(answers[asked++] ?? []),
    }, { get: () => found }),
    asked: () => asked,
  };
}

Deno.test("config judge: what AIDE has judged is not asked again", async () => {
  const { judge: one, asked } = judge("/etc p\n", [{ line: 1, message: "no" }]);
  for (let time = 0; time < 3; time++) {
    const judged = await one.wanted({ userConfig });
    assertEquals(judged.state, "refused");
    assertMatch("message" in judged ? judged.message ?? "" : "", /line 1: AIDE says: no/);
  }
  assertEquals(asked(), 1);
});

Deno.test("config judge: an AIDE that gives no answer refuses nothing, and is asked again", async () => {
  const { judge: one, asked } = judge("/etc p\n", [{ message: "not started", unanswered: true }]);
  const first = await one.wanted({ userConfig });
  assertEquals(first.state, "pending");
  assertMatch(
    "message" in first ? first.message ?? "" : "",
    /can't be checked for now.*not started/,
  );
  assertEquals((await one.wanted({ userConfig })).state, "accepted");
  assertEquals(asked(), 2);
});

Deno.test("config judge: the default policy needs no check", async () => {
  const { judge: one, asked } = judge("");
  assertEquals(await one.wanted({}), {
    ...{ state: "accepted", origin: "default", remarks: [] },
    ...defaultConfig(),
  });
  assertEquals(asked(), 0);
});

Deno.test("config judge: remarks name lines of the user's text alone, and what was added once", async () => {
  const { judge: one } = judge("/etc p\ngzip_dbout=yes\n");
  const judged = await one.wanted({ userConfig });
  const remarks = "remarks" in judged ? judged.remarks : [];
  assertEquals(remarks.length, 2);
  assertMatch(remarks[0] ?? "", /^Line 1: /);
  assertMatch(remarks[1] ?? "", /^Added at the end, as the operator needs it: DBDIR, /);
});

Deno.test("config judge: a text that is empty is refused as one without rules is, and the key is not blamed", async () => {
  const said: string[] = [];
  for (const text of ["", " \n\n", "# no rule\n"]) {
    const judged = await judge(text).judge.wanted({ userConfig });
    assertEquals(judged.state, "refused", JSON.stringify(text));
    said.push("message" in judged ? judged.message ?? "" : "");
  }
  assertMatch(said[0] ?? "", /^ConfigMap ns\/mine, key aide\.conf is refused: its text is empty; /);
  assertEquals(said[1], said[0]);
  assertMatch(said[2] ?? "", /no rule selects anything/);
  const other = { ...userConfig, key: "other" };
  const missing = await judge("").judge.wanted({ userConfig: other });
  assertEquals(missing.state, "key-not-found");
  assertMatch(
    "message" in missing ? missing.message ?? "" : "",
    /has no key "other" \(its keys: aide\.conf\): correct the key/,
  );
});

Deno.test("config judge: a name that no ConfigMap can have is called that, and not looked for", async () => {
  const one = new ConfigJudge({ namespace: "ns", checkConfig: () => Promise.resolve([]) }, {
    get: (namespace, name) => {
      throw new Error(`looked for ${namespace}/${name}`);
    },
  });
  const said = async (wrong: Partial<typeof userConfig>): Promise<unknown> =>
    await one.wanted({ userConfig: { ...userConfig, ...wrong } });
  const name = 'spec.config.name: the text "Bad Name" is no valid name';
  const namespace = 'spec.config.namespace: the text "Bad NS" is no valid name of a namespace';
  assertEquals(await said({ name: "Bad Name" }), {
    state: "not-found",
    message: `${name}: correct it`,
  });
  assertEquals(await said({ namespace: "Bad NS" }), {
    state: "not-found",
    message: `${namespace}: correct it`,
  });
  assertEquals(await said({ name: "Bad Name", namespace: "Bad NS" }), {
    state: "not-found",
    message: `${name}; ${namespace}: correct it`,
  });
});

Deno.test("config judge: what the converter refuses does not reach AIDE", async () => {
  const { judge: one, asked } = judge("@@x_include /bin/sh .*\n/etc p\n");
  assertEquals((await one.wanted({ userConfig })).state, "refused");
  assertEquals(asked(), 0);
});
