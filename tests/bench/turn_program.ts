/**
 * The node core in a process that lives on, as it does between repeated scans: one scan for every line on standard input,
 * one line of JSON about it on standard output. Its argument is a `BenchHost` and how AIDE is started, as JSON.
 */
import { getLogger } from "@logtape/logtape";
import { convertConfig } from "../../src/aide/convert.ts";
import { defaultPolicy } from "../../src/aide/default_policy.ts";
import { parseDocuments } from "../../src/api/documents.ts";
import { validateFileIntegrity } from "../../src/api/validate.ts";
import { digestText } from "../../src/base/digest.ts";
import { FilePublisher } from "../../src/cli/file_publisher.ts";
import { loadStatus, statusPath } from "../../src/cli/status_file.ts";
import { type Aide, aideProgram } from "../../src/node/aide_process.ts";
import { systemClock } from "../../src/system/clock.ts";
import { type Disk, localDisk } from "../../src/node/disk.ts";
import { fixedOrders } from "../../src/node/orders.ts";
import { runNode } from "../../src/node/run_node.ts";
import { type StateFiles, stateFiles } from "../../src/node/state_files.ts";
import { type BenchHost, fileIntegrityYaml, nodeName } from "./bench_host.ts";
import { childrenCpu, type Cost, costOf, ownCpu } from "./cpu_time.ts";

/** The steps of a scan, in order. */
export const steps = [
  "aide --version",
  "baseline held against its record, before",
  "tidying, configuration",
  "AIDE, its JSON report parsed as it comes",
  "plain report parsed",
  "log onto the disk",
  "baseline held against its record, after",
  "publishing",
] as const;

/** What one scan in this program took. */
export interface TurnCost {
  condition: string;
  cost: Cost;
  /** Seconds of processor time of this process alone. */
  own: number;
  /** Milliseconds of wall time of each of `steps`. */
  steps: number[];
}

/** Tells the steps of a scan apart by what it asks of its parts. */
class Steps {
  readonly spent: number[] = steps.map(() => 0);
  #current = 0;
  #since = performance.now();

  to(step: number): void {
    const now = performance.now();
    this.spent[this.#current] = (this.spent[this.#current] ?? 0) + now - this.#since;
    this.#current = step;
    this.#since = now;
  }

  /** Only from that step on, so that the same call elsewhere in a scan means nothing. */
  from(step: number, to: number): void {
    if (this.#current === step) this.to(to);
  }

  disk(files: StateFiles): Disk {
    return {
      ...localDisk,
      remove: (path) => {
        this.from(1, 2);
        return localDisk.remove(path);
      },
      sync: (path) => {
        if (path === files.draftLog) this.from(4, 5);
        return localDisk.sync(path);
      },
      rename: async (from, to) => {
        await localDisk.rename(from, to);
        if (from === files.draftLog) this.from(5, 6);
      },
      makeDirectory: (path) => {
        this.from(6, 7);
        return localDisk.makeDirectory(path);
      },
      write: (path, content) => {
        this.from(6, 7);
        return localDisk.write(path, content);
      },
    };
  }

  aide(aide: Aide): Aide {
    return {
      version: async (signal) => {
        this.to(0);
        const version = await aide.version(signal);
        this.to(1);
        return version;
      },
      run: async (run) => {
        this.to(3);
        const outcome = await aide.run(run);
        this.to(4);
        return outcome;
      },
    };
  }
}

async function turn(host: BenchHost, idle: readonly string[]): Promise<TurnCost> {
  const value = parseDocuments(fileIntegrityYaml(900), "bench").documents[0]?.value;
  const { object: fileIntegrity } = validateFileIntegrity(value);
  if (fileIntegrity === undefined) throw new Error("The FileIntegrity of the bench is not valid");
  const config = convertConfig(defaultPolicy).text;
  const files = stateFiles(host.state);
  const status = await loadStatus(localDisk, statusPath(host.state));
  let condition = "";
  const times = new Steps();
  const disk = times.disk(files);
  const publisher = new FilePublisher(
    { disk, directory: host.state, fileIntegrity, node: nodeName },
    status,
  );
  const before = ownCpu();
  const cost = await costOf(() => ownCpu() + childrenCpu(), async () => {
    await runNode({
      parts: {
        disk,
        clock: systemClock,
        aide: times.aide(aideProgram({ path: host.aide.path, idle })),
        log: getLogger("bench"),
        files,
        root: host.root,
        workers: host.workers,
        timeoutMs: 3600_000,
      },
      orders: fixedOrders({
        config,
        configDigest: digestText(config),
        interval: 900_000,
        maxBackups: 5,
        held: false,
        notBefore: 0,
        absorbOnConfigChange: false,
      }),
      publisher,
      anchor: status?.baseline,
      jitter: () => 0,
      published(publication): Promise<boolean> {
        condition = publication.result.condition;
        return Promise.resolve(false);
      },
    }, new AbortController().signal);
    times.to(0);
  });
  return { condition, cost, own: ownCpu() - before, steps: times.spent };
}

if (import.meta.main) {
  const { host, idle } = JSON.parse(Deno.args[0] ?? "") as { host: BenchHost; idle: string[] };
  for await (const _ of Deno.stdin.readable) {
    const line = JSON.stringify(await turn(host, idle)) + "\n";
    await Deno.stdout.write(new TextEncoder().encode(line));
  }
}
