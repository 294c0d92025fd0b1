import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { builtVersion, goBuild, keptBuild } from "./go_build.ts";
import { keptNames, ownClusterHome } from "./own_cluster_home.ts";
import { ProgressLine } from "./progress_line.ts";

/** A directory with a `go` that does in a moment what the real one takes minutes for, first on PATH. */
async function scriptedGo(
  build: string,
): Promise<AsyncDisposable & { path: string; version(text: string): Promise<void> }> {
  const before = Deno.env.get("PATH") ?? "";
  const path = await Deno.makeTempDir({ prefix: "scripted-go-" });
  const write = async (version: string): Promise<void> => {
    const script = `#!/bin/sh
case $1 in
env) echo ${version} ;;
list) echo 'go: downloading k8s.io/kubernetes' >&2; echo errors; echo k8s.io/api/core/v1 ;;
build) echo errors >&2; echo k8s.io/api/core/v1 >&2
  while [ "$1" != -o ]; do echo "$1" >> ${path}/arguments; shift; done
  ${build} ;;
esac
`;
    await Deno.writeTextFile(`${path}/go`, script, { mode: 0o755 });
    await Deno.chmod(`${path}/go`, 0o755);
  };
  await write("go1.99.1");
  Deno.env.set("PATH", `${path}:${before}`);
  return {
    path,
    version: write,
    [Symbol.asyncDispose]: async () => {
      Deno.env.set("PATH", before);
      await Deno.remove(path, { recursive: true });
    },
  };
}

const written: string[] = [];
const progress = new ProgressLine(true, (text) => written.push(text.trim()));
const signal = new AbortController().signal;

Deno.test("a build is kept for its compiler, and for any where there is none", async () => {
  await using home = await ownClusterHome();
  await using go = await scriptedGo('echo program > "$2"');
  assertEquals(await keptBuild(), undefined);
  written.length = 0;
  const directory = await goBuild({ progress, signal });
  assert(written.includes("Built 2 of 2 packages"), written.join("\n"));
  const flags = await Deno.readTextFile(`${go.path}/arguments`);
  const version = await builtVersion();
  assertStringIncludes(flags, `-X k8s.io/component-base/version.gitVersion=v${version} `);
  assertEquals(await Deno.readTextFile(`${directory}/kube-scheduler`), "program\n");
  assertEquals(await keptBuild(), directory);
  assertEquals((await keptNames(home.path)).map((name) => name.replace(/-[0-9a-f]{16}-/, "-…-")), [
    `built-…-${Deno.build.arch === "x86_64" ? "amd64" : "arm64"}-go1.99.1`,
  ]);

  await go.version("go1.99.2");
  assertEquals(await keptBuild(), undefined);
  const path = Deno.env.get("PATH") ?? "";
  Deno.env.set("PATH", "/nonexistent");
  try {
    assertEquals(await keptBuild(), directory);
    await assertRejects(
      () => goBuild({ progress, signal }),
      Error,
      "There is no usable go on PATH",
    );
  } finally {
    Deno.env.set("PATH", path);
  }
});

Deno.test("a build that fails says what Go said, and keeps nothing", async () => {
  await using home = await ownClusterHome();
  await using _go = await scriptedGo(
    'echo half > "$2"; echo "dial tcp: lookup proxy: no such host" >&2; exit 1',
  );
  const error = await assertRejects(() => goBuild({ progress, signal }), Error);
  assertStringIncludes(error.message, "dial tcp: lookup proxy: no such host");
  assertEquals(await keptNames(home.path), []);
});

Deno.test("an interrupted build ends Go, and keeps nothing", async () => {
  await using home = await ownClusterHome();
  await using go = await scriptedGo('echo half > "$2"; echo begun >&2; exec sleep 1000');
  const interrupted = new AbortController();
  const begun = new ProgressLine(true, (text) => {
    if (text.includes("Built 3")) interrupted.abort(new Error("Ended by SIGINT"));
  });
  const pids: number[] = [];
  const started = (pid: number): Promise<void> => Promise.resolve(void pids.push(pid));
  await assertRejects(
    () => goBuild({ progress: begun, signal: interrupted.signal, started }),
    Error,
    "Ended by SIGINT",
  );
  assertEquals(await keptNames(home.path), []);
  assertEquals(pids.length, 2);
  for (const pid of pids) {
    await assertRejects(() => Deno.stat(`/proc/${pid}`), Deno.errors.NotFound);
  }
  assert((await Deno.stat(go.path)).isDirectory);
});
