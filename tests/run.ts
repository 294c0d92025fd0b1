// deno-lint-ignore-file no-console -- a command line tool
/**
 * Runs the tests: sets up what they need, runs them with progress on the terminal, and ends with what failed, and the
 * totals on a line of their own. Arguments go to `deno test`: paths of test files or folders, `--filter NAME`, other
 * flags. Tests below tests/integration run last, on a Kubernetes control plane that is started for them, or on the
 * cluster whose directory `FIO_TEST_CLUSTER` names.
 */
import { aideBinaries } from "./aide_binaries.ts";
import { Interrupted, untilInterrupted } from "./cluster/interruption.ts";
import { NoControlPlane } from "./cluster/provide_programs.ts";
import { TestRun } from "./cluster/test_run.ts";
import { prometheusPrograms } from "./prometheus/prometheus_programs.ts";
import {
  addTotals,
  countTests,
  type FailedTest,
  failedTests,
  type Totals,
  totalsLine,
} from "./setup/junit.ts";
import { splitArguments, testGroups } from "./setup/test_groups.ts";
import { toolsPath } from "./setup/tools.ts";

const root = new URL("..", import.meta.url).pathname;

const sameCases = Deno.env.get("CI") === "true" ? ["--preload", "tests/setup/same_cases.ts"] : [];

async function filesBelow(path: string): Promise<string[]> {
  if ((await Deno.stat(root + path)).isFile) return [path];
  const files: string[] = [];
  for await (const entry of Deno.readDir(root + path)) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory) files.push(...await filesBelow(below));
    else if (entry.name.endsWith("_test.ts")) files.push(below);
  }
  return files.sort();
}

const none: Totals = { passed: 0, failed: 0, skipped: 0 };

// Told again at the end of the run: where they happened, much stands after them.
const failed: FailedTest[] = [];

async function readReport(path: string, filtered: boolean): Promise<Totals> {
  try {
    const report = await Deno.readTextFile(path);
    failed.push(...failedTests(report));
    return countTests(report, filtered);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    return { ...none }; // nothing ran: a type error, say
  }
}

// A test that hangs must fail here, with its name as the last one begun, not where the whole run is cut off.
const deadlineMinutes = 60;

// The API server and its tests share the machine: more at once would only wait for each other.
const besideOnCluster = "2";

/** How the tests of this run are run. */
interface Runner {
  run: TestRun;
  flags: string[];
  path: string;
}

async function runTests(
  { run, flags, path }: Runner,
  files: string[],
  options: { flags?: string[]; env?: Record<string, string>; quiet?: boolean } = {},
): Promise<Totals> {
  if (files.length === 0) return none;
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  await Deno.remove(report);
  const args = ["test", "--frozen", "-A", "--trace-leaks", `--junit-path=${report}`];
  const deadline = AbortSignal.timeout(deadlineMinutes * 60_000);
  const output = options.quiet ? "null" : "inherit";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, ...sameCases, ...options.flags ?? [], ...flags, ...files],
    cwd: root,
    env: { PATH: path, ...options.env },
    stdin: "null",
    stdout: output,
    stderr: output,
    signal: deadline,
  }).spawn();
  await run.keep(child.pid);
  const { code } = await child.status;
  await run.forget(child.pid);
  if (deadline.aborted) console.error(`Tests still ran after ${deadlineMinutes} minutes`);
  const totals = await readReport(report, isFiltered(flags));
  await Deno.remove(report).catch(() => {});
  // A file that cannot be loaded fails the run without a test that does.
  if (code !== 0 && totals.failed === 0) {
    totals.failed = 1;
    failed.push({
      title: "deno test",
      reason: `ended with ${code}, though no test failed; see above`,
    });
  }
  return totals;
}

const isFiltered = (flags: readonly string[]): boolean =>
  flags.some((flag) => flag.startsWith("--filter"));

/** The directory of a cluster to test on; or why there is none, and whether that is a failure. */
type ClusterToTestOn = { home: string } | { home?: undefined; failed: boolean };

async function clusterToTestOn(run: TestRun): Promise<ClusterToTestOn> {
  const given = Deno.env.get("FIO_TEST_CLUSTER");
  if (given) {
    console.log(`Integration tests run on the cluster in ${given}`);
    return { home: given };
  }
  using interrupted = untilInterrupted();
  try {
    return { home: await run.startCluster(interrupted.signal) };
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const line = "!".repeat(80);
    console.error(`${line}\nTHE INTEGRATION TESTS DO NOT RUN\n${message}\n${line}`);
    return { failed: !(error instanceof NoControlPlane) };
  }
}

/** Runs the tests that need a cluster; where there is none they are counted as skipped. */
async function runOnCluster(
  runner: Runner,
  { integration, clusters }: { integration: string[]; clusters: string[] },
): Promise<Totals> {
  const all = [...integration, ...clusters];
  if (all.length === 0) return none;
  const without = { env: { FIO_TEST_CLUSTER: "" } };
  if (isFiltered(runner.flags)) { // which may leave nothing to start a cluster for
    const chosen = await runTests(runner, all, { ...without, quiet: true });
    if (chosen.passed + chosen.failed + chosen.skipped === 0) return none;
  }
  const cluster = await clusterToTestOn(runner.run);
  if (cluster.home === undefined) {
    const skipped = await runTests(runner, all, { ...without, flags: ["--parallel"] });
    return addTotals(skipped, { ...none, failed: cluster.failed ? 1 : 0 });
  }
  const env = { FIO_TEST_CLUSTER: cluster.home };
  const beside = { DENO_JOBS: Deno.env.get("DENO_JOBS") ?? besideOnCluster, ...env };
  return addTotals(
    await runTests(runner, integration, { flags: ["--parallel"], env: beside }),
    await runTests(runner, clusters, { env }),
  );
}

async function runAll(): Promise<number> {
  const { flags, paths } = splitArguments(Deno.args);
  const chosen = paths.length > 0 ? paths : ["tests"];
  const relative = chosen.map((path) => path.replace(root, "").replace(/^\.\/|\/+$/g, ""));
  const files = (await Promise.all(relative.map(filesBelow))).flat();
  const path = await toolsPath();
  for (const { version, path: at } of await aideBinaries()) {
    console.log(`AIDE ${version}: ${at}`);
  }
  console.log(`Prometheus: ${(await prometheusPrograms()).prometheus}`);
  const { parallel, serial, ...onCluster } = testGroups([...new Set(files)]);
  let totals = none;
  {
    await using run = await TestRun.begin();
    const runner = { run, flags, path };
    totals = addTotals(totals, await runTests(runner, parallel, { flags: ["--parallel"] }));
    totals = addTotals(totals, await runTests(runner, serial));
    totals = addTotals(totals, await runOnCluster(runner, onCluster));
  }

  if (totals.passed + totals.failed === 0) console.error("No test was run");
  const skippedInCI = totals.skipped > 0 && Deno.env.get("CI") === "true";
  if (skippedInCI) console.error("Tests were skipped, which counts as a failure where CI=true");
  for (const { title, reason } of failed) console.error(`FAILED ${title}\n${reason}\n`);
  console.log(totalsLine(totals));
  return totals.failed > 0 || totals.passed === 0 || skippedInCI ? 1 : 0;
}

async function main(): Promise<number> {
  try {
    return await runAll();
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    console.error(error.message);
    return error.exitCode;
  }
}

Deno.exit(await main());
