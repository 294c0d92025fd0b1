// deno-lint-ignore-file no-console -- a command line tool
/**
 * Runs the tests: sets up what they need, runs them with progress on the terminal, and ends with the totals on a
 * line of their own. Arguments go to `deno test`: paths of test files or folders, `--filter NAME`, other flags.
 */
import { aideBinaries } from "./aide_binaries.ts";
import { addTotals, countTests, type Totals, totalsLine } from "./setup/junit.ts";
import { splitArguments, testGroups } from "./setup/test_groups.ts";
import { toolsPath } from "./setup/tools.ts";

const root = new URL("..", import.meta.url).pathname;

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

async function readReport(path: string): Promise<Totals> {
  try {
    return countTests(await Deno.readTextFile(path));
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    return { passed: 0, failed: 0, skipped: 0 }; // nothing ran: a type error, say
  }
}

// A test that hangs must fail here, with its name as the last one begun, not where the whole run is cut off.
const deadlineMinutes = 40;

async function runTests(files: string[], flags: string[], path: string): Promise<Totals> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  await Deno.remove(report);
  const args = ["test", "--frozen", "-A", "--trace-leaks", `--junit-path=${report}`];
  const deadline = AbortSignal.timeout(deadlineMinutes * 60_000);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...args, ...flags, ...files],
    cwd: root,
    env: { PATH: path },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
    signal: deadline,
  }).output();
  if (deadline.aborted) console.error(`Tests still ran after ${deadlineMinutes} minutes`);
  const totals = await readReport(report);
  await Deno.remove(report).catch(() => {});
  // A file that cannot be loaded fails the run without a test that does.
  if (code !== 0 && totals.failed === 0) totals.failed = 1;
  return totals;
}

async function main(): Promise<number> {
  const { flags, paths } = splitArguments(Deno.args);
  const chosen = paths.length > 0 ? paths : ["tests"];
  const relative = chosen.map((path) => path.replace(root, "").replace(/^\.\/|\/+$/g, ""));
  const files = (await Promise.all(relative.map(filesBelow))).flat();
  const path = await toolsPath();
  for (const { version, path: at } of await aideBinaries()) {
    console.log(`AIDE ${version}: ${at}`);
  }
  const { parallel, serial } = testGroups([...new Set(files)]);
  let totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  if (parallel.length > 0) {
    totals = addTotals(totals, await runTests(parallel, ["--parallel", ...flags], path));
  }
  if (serial.length > 0) totals = addTotals(totals, await runTests(serial, flags, path));

  // What a filter leaves out is reported as if it were ignored.
  if (flags.some((flag) => flag.startsWith("--filter"))) totals.skipped = 0;
  if (totals.passed + totals.failed === 0) console.error("No test was run");
  const skippedInCI = totals.skipped > 0 && Deno.env.get("CI") === "true";
  if (skippedInCI) console.error("Tests were skipped, which counts as a failure where CI=true");
  console.log(totalsLine(totals));
  return totals.failed > 0 || totals.passed === 0 || skippedInCI ? 1 : 0;
}

Deno.exit(await main());
