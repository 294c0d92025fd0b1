import type { FileIntegrityNodeStatus } from "../api/node_status.ts";
import { localDisk } from "../node/disk.ts";
import { systemClock } from "../system/clock.ts";
import { Moment } from "../system/moment.ts";
import { untilSignal } from "../system/until_signal.ts";
import { aideProgram } from "../node/aide_process.ts";
import { asFault, CalledOff } from "../node/fault.ts";
import { fixedOrders, type Orders } from "../node/orders.ts";
import type { Publication } from "../node/publisher.ts";
import { faultPublication, runNode } from "../node/run_node.ts";
import { placeFault } from "../node/place_fault.ts";
import { scanRemedies } from "../node/remedies.ts";
import { stateFiles } from "../node/state_files.ts";
import type { ScanCommand } from "./command_line.ts";
import { exitStatus } from "../system/exit_status.ts";
import { FilePublisher } from "./file_publisher.ts";
import { startLog } from "../system/logging.ts";
import { writeError, writeOutput } from "../system/output.ts";
import { openState, type StateAsked } from "./open_state.ts";
import { objectText, statusText } from "./print_status.ts";
import { Progress, withBaselineLogged, withProgress } from "./progress.ts";
import { readScanInput, type ScanInput } from "./scan_input.ts";
import { nodeName, optionFault, scanPlace } from "./scan_setup.ts";
import { readSources } from "./source.ts";
import { statusPath } from "./status_file.ts";
import { logPublication } from "../node/log_publication.ts";
import { logInput } from "./scan_log.ts";

const verdictStatus = {
  Succeeded: exitStatus.succeeded,
  Failed: exitStatus.failed,
  Errored: exitStatus.errored,
} as const;

/** Prints results on standard output, one after the other. */
class Printer {
  readonly #command: ScanCommand;
  readonly #flushLog: () => Promise<void>;
  #first = true;

  constructor(command: ScanCommand, flushLog: () => Promise<void>) {
    this.#command = command;
    this.#flushLog = flushLog;
  }

  /** Gives false when the reader of standard output has gone away. */
  async print(
    status: FileIntegrityNodeStatus,
    configMapFiles: readonly string[],
  ): Promise<boolean> {
    const { output, withConfigMaps } = this.#command;
    await this.#flushLog(); // where both are the same terminal, one after the other
    let reader = await writeOutput(statusText(status, output, this.#first));
    this.#first = false;
    if (!withConfigMaps || output === "table") return reader;
    for (const path of configMapFiles) {
      const text = await Deno.readTextFile(path);
      reader = await writeOutput(
        output === "json" ? text : objectText(JSON.parse(text), output, false),
      );
    }
    return reader;
  }
}

function ordersFor(command: ScanCommand, { config, configDigest, spec }: ScanInput): Orders {
  return {
    config,
    configDigest,
    interval: spec.gracePeriod * 1000,
    maxBackups: spec.maxBackups,
    held: false,
    notBefore: command.once ? 0 : systemClock.monotonic() + spec.initialDelay * 1000,
    ...(command.reInit
      ? { request: { id: crypto.randomUUID(), reason: "requested" as const } }
      : {}),
    absorbOnConfigChange: false,
  };
}

/** Reads the input, or writes everything that is wrong with it. */
async function readInput(command: ScanCommand, node: string): Promise<ScanInput | undefined> {
  const { sources, faults } = await readSources(command.files);
  const read = faults.length > 0 ? { faults } : readScanInput(sources, command.name, node);
  if ("input" in read) return read.input;
  for (const fault of read.faults) await writeError(`Error: ${fault}`);
  return undefined;
}

interface Session extends StateAsked {
  flush(): Promise<void>;
  progress: Progress;
}

/** Runs scans until there is a verdict (`--once`) or a signal. Gives the exit status. */
async function scanHost(session: Session): Promise<number> {
  const { command, input, place, log, flush, progress } = session;
  const directory = place.stateDirectory;
  const printer = new Printer(command, flush);
  const publishing = {
    disk: localDisk,
    directory,
    fileIntegrity: input.fileIntegrity,
    node: place.node,
  };
  const began = new Moment(systemClock);
  const giveUp = async (error: unknown): Promise<number> => {
    const publication = faultPublication(asFault(error, directory), systemClock.now(), began);
    logPublication(log, publication);
    await printer.print(new FilePublisher(publishing, undefined).preview(publication), []);
    return exitStatus.errored;
  };

  let status: FileIntegrityNodeStatus | undefined;
  try {
    status = await openState(session);
  } catch (error) {
    return await giveUp(error);
  }
  let given = input.status?.baseline;
  const anchor = given ?? status?.baseline;
  if (anchor !== undefined) {
    const { digest, created, reason } = anchor;
    log.info("Baseline {digest}, taken {created} ({reason}), as {source} records it", {
      digest,
      created,
      reason,
      source: given === undefined ? statusPath(directory) : "the status given with -f",
    });
  }
  logInput(log, input, anchor?.configDigest !== input.configDigest);
  const publisher = new FilePublisher(publishing, status);
  const lastSeconds = (): number =>
    (publisher.published?.status ?? status)?.lastResult.scan?.durationSeconds ?? 0;
  const aide = withBaselineLogged(aideProgram(place.program), log, place.root);
  const stop = untilSignal();
  let last: Publication | undefined;
  try {
    await runNode({
      parts: {
        disk: localDisk,
        clock: systemClock,
        aide: withProgress(aide, progress, place.root, lastSeconds),
        log,
        files: stateFiles(directory),
        root: place.root,
        workers: place.workers,
        timeoutMs: command.timeout * 1000,
        remedies: scanRemedies(command.aide),
      },
      orders: fixedOrders(ordersFor(command, input)),
      publisher,
      anchor,
      jitter: Math.random,
      async published(publication, safe): Promise<boolean> {
        last = publication;
        logPublication(log, publication);
        if (publication.baseline !== undefined && given !== undefined) {
          log.warn("The status given with -f is of the baseline before: replace it by {status}", {
            status: statusPath(directory),
          });
          given = undefined;
        }
        const recorded = safe ? publisher.published : undefined;
        const [firstFile] = recorded?.configMapFiles ?? [];
        if (firstFile !== undefined) log.info("The log is in {file}", { file: firstFile });
        const shown = recorded?.status ?? publisher.preview(publication);
        const reader = await printer.print(
          // Who saves this and gives it with the next scan must not get back a record that was planted here.
          given === undefined ? shown : { ...shown, baseline: given },
          recorded?.configMapFiles ?? [],
        );
        if (!reader) log.info("Nobody reads standard output any more");
        return reader && !command.once;
      },
    }, stop.signal);
  } catch (error) {
    if (!(error instanceof CalledOff)) throw error;
  } finally {
    stop.end();
  }
  if (command.once && last !== undefined) return verdictStatus[last.result.condition];
  const number = stop.number();
  if (number === undefined || !command.once) return exitStatus.succeeded;
  log.warn("Ended by a signal before there was a verdict");
  return 128 + number;
}

/** Columns of the terminal that standard error is. */
function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** Carries out `scan`. Gives the exit status. */
export async function scan(command: ScanCommand): Promise<number> {
  const named = nodeName(command);
  const fault = optionFault(command) ?? ("fault" in named ? named.fault : undefined);
  if (fault !== undefined || "fault" in named) {
    await writeError(`Error: ${fault}`);
    return exitStatus.usage;
  }
  const input = await readInput(command, named.node);
  if (input === undefined) return exitStatus.badInput;
  const place = await scanPlace(command, input, named.node);
  const unusable = placeFault(place);
  if (unusable !== undefined) {
    await writeError(`Error: ${unusable}`);
    return exitStatus.usage;
  }
  const { log, show, flush } = await startLog(
    command.logFormat,
    input.spec.debug,
    () => progress.clear(),
  );
  const terminal = Deno.stderr.isTerminal();
  const progress = new Progress(
    (text) => terminal ? show(text) : undefined,
    systemClock.now,
    terminalColumns,
  );
  if (command.once && input.spec.initialDelay > 0) {
    log.info("spec.config.initialDelay ({seconds} s) is for scans that repeat: --once starts now", {
      seconds: input.spec.initialDelay,
    });
  }
  try {
    return await scanHost({ command, input, place, log, flush, progress });
  } finally {
    await flush();
  }
}
