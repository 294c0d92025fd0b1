// deno-lint-ignore-file no-console -- a command line tool
/** `deno task e2e`: the product on a real node, from its installation to its end. */
import { cacheHome, locked } from "../../src/build/cached_directory.ts";
import { Interrupted, untilInterrupted } from "../cluster/interruption.ts";
import { ProgressLine } from "../cluster/progress_line.ts";
import { NoControlPlane, providePrograms } from "../cluster/provide_programs.ts";
import { toolsPath } from "../setup/tools.ts";
import { makeGroups, removeGroups } from "./cgroups.ts";
import { type Arguments, help, readArguments } from "./command_line.ts";
import { consents } from "./consent.ts";
import { cgroupName, changedDirectory, home, place, places } from "./e2e_place.ts";
import { runEnclosed } from "./enclosure.ts";
import { nodePrograms, NoNodePrograms } from "./node_programs.ts";
import { type Outcome, outcomeLine, readOutcome } from "./outcome.ts";
import { ownPaths, removeOwned } from "./owned_paths.ts";
import { makePauseImage } from "./pause_image.ts";
import type { Plan } from "./plan.ts";
import { preconditionFaults } from "./preconditions.ts";
import { productArchive } from "./product_image.ts";
import { nodeTraces } from "./traces.ts";
import { makeUpgradedImage } from "./upgraded_image.ts";

const inside = [new URL("inside.ts", import.meta.url).pathname, place.plan];

// Not how long it may take, but when it gives up; without the time that programs and images take that are not there yet.
const deadlineMinutes = 40;

const say = (text: string): void => console.log(`e2e: ${text}`);

/** That this machine can't run the test. */
class Impossible extends Error {
  override name = "Impossible";
}

async function removeEarlier(): Promise<void> {
  const processes = await removeGroups(cgroupName);
  const paths = await removeOwned(places);
  if (processes > 0) say(`Ended ${processes} processes of an earlier run`);
  for (const path of paths) say(`Removed ${path}, of an earlier run`);
}

async function prepare(image: string | undefined, signal: AbortSignal): Promise<Plan> {
  const progress = new ProgressLine();
  const programs = await providePrograms({ progress, signal });
  const node = await nodePrograms({ version: programs.version, progress, signal });
  say(`Kubernetes ${programs.version}, ${node.versions}`);
  const archives = {
    pause: `${place.images}/pause.tar`,
    product: `${place.images}/product.tar`,
    upgraded: `${place.images}/upgraded.tar`,
  };
  await Deno.mkdir(place.images, { recursive: true });
  say(image === undefined ? "Building the product's image" : `The product's image is ${image}`);
  await productArchive(image, archives.product);
  await makeUpgradedImage(archives.product, archives.upgraded);
  await makePauseImage(archives.pause);
  const deadline = Date.now() + deadlineMinutes * 60_000;
  return { programs, node, archives, path: await toolsPath(), deadline };
}

/** Makes what is to be changed, before the first scan sees it. */
async function makeChangedDirectory(): Promise<void> {
  await Deno.mkdir(changedDirectory);
  await Deno.writeTextFile(`${changedDirectory}/resolv.conf`, "nameserver 203.0.113.53\n");
}

/** Runs the test and says how it went; nothing of it is left then. */
async function run(args: Arguments): Promise<Outcome> {
  using interrupted = untilInterrupted();
  const { signal } = interrupted;
  await removeEarlier();
  const faults = await preconditionFaults();
  if (faults.length > 0) throw new Impossible(faults.join("\n"));
  const before = await nodeTraces();
  let outcome: Outcome;
  await ownPaths(places);
  try {
    await makeChangedDirectory();
    const plan = await prepare(args.image, signal);
    await Deno.writeTextFile(place.plan, JSON.stringify(plan));
    await makeGroups(cgroupName);
    const code = await runEnclosed(inside, cgroupName, signal);
    outcome = await readOutcome();
    if (code !== 0 && outcome.failed === 0) outcome.failed = 1;
  } finally {
    await removeGroups(cgroupName);
    await removeOwned(places);
  }
  const left = (await nodeTraces()).filter((trace) => !before.includes(trace));
  for (const trace of left) say(`Left behind: ${trace}`);
  if (left.length > 0) return { ...outcome, failed: outcome.failed + 1 };
  say(`Nothing is left behind: ${home} and all that the test made is removed`);
  return { ...outcome, passed: outcome.passed + 1 };
}

async function main(): Promise<number> {
  const ci = Deno.env.get("CI") === "true";
  try {
    const args = readArguments(Deno.args);
    if (args.help) {
      console.log(help);
      return 0;
    }
    const terminal = Deno.stdin.isTerminal();
    if (!consents({ yes: args.yes, ci, terminal, ask: prompt })) {
      console.error("Not started: say yes, by --yes or CI=true where nobody can be asked");
      return 64;
    }
    const outcome = await locked(`${cacheHome()}/e2e.lock`, () => run(args));
    console.log(outcomeLine(outcome));
    return outcome.failed === 0 ? 0 : 1;
  } catch (error) {
    if (error instanceof Interrupted) {
      console.error(error.message);
      return error.exitCode;
    }
    if (
      error instanceof Impossible || error instanceof NoControlPlane ||
      error instanceof NoNodePrograms
    ) {
      console.error(`THE END-TO-END TEST DOES NOT RUN\n${error.message}`);
      // A machine that can't run a node is told apart from parts that could not be had.
      return ci && !(error instanceof Impossible) ? 1 : 69;
    }
    if (error instanceof TypeError && "code" in error) { // of the command line
      console.error(`${error.message}\nSee: deno task e2e --help`);
      return 64;
    }
    throw error;
  }
}

Deno.exit(await main());
