import { hostStateDirectory, nodeNameVariable } from "../api/daemon_flags.ts";
import { quoted } from "../api/fault.ts";
import { isObjectName } from "../api/names.ts";
import { KubeClient } from "../kube/kube_client.ts";
import { isKubeError } from "../kube/kube_error.ts";
import { absolutePath } from "../node/absolute_path.ts";
import { aideProgram } from "../node/aide_process.ts";
import { localDisk } from "../node/disk.ts";
import { installedAide } from "../node/installed_aide.ts";
import { placeFault } from "../node/place_fault.ts";
import { systemClock } from "../system/clock.ts";
import type { DaemonOptions } from "../system/daemon_options.ts";
import { exitStatus } from "../system/exit_status.ts";
import { startLog } from "../system/logging.ts";
import { bindAddress, CannotListen } from "../system/listen.ts";
import { writeError } from "../system/output.ts";
import { startProbes } from "../system/probe_server.ts";
import { programVersion } from "../system/program.ts";
import { untilSignal } from "../system/until_signal.ts";
import { connect } from "./connect.ts";
import { DaemonWatch } from "./daemon_watch.ts";
import { runDaemon } from "./run_daemon.ts";

interface Place {
  node: string;
  root: string;
  stateDirectory: string;
  configDirectory: string;
}

function placeOf(options: DaemonOptions): { place: Place; faults: string[] } {
  const here = Deno.cwd();
  const root = absolutePath(options.root, here);
  const below = `${root === "/" ? "" : root}${hostStateDirectory(options.fileIntegrity)}`;
  const place = {
    node: Deno.env.get(nodeNameVariable) ?? "",
    root,
    stateDirectory: absolutePath(options.stateDir ?? below, here),
    configDirectory: absolutePath(options.configDir, here),
  };
  const faults: string[] = [];
  if (!isObjectName(place.node)) {
    const found = place.node === "" ? "is not set" : `is no node's name: ${quoted(place.node)}`;
    faults.push(
      `${nodeNameVariable} ${found}: set it to the name of the node, in a pod from spec.nodeName`,
    );
  }
  const fault = placeFault(place);
  if (fault !== undefined) faults.push(fault);
  return { place, faults };
}

/** Carries out `daemon`: scans the node until a signal comes. Gives the exit status. */
export async function daemon(options: DaemonOptions): Promise<number> {
  const { place, faults } = placeOf(options);
  for (const fault of faults) await writeError(`Error: ${fault}`);
  if (faults.length > 0) return exitStatus.usage;
  const { fileIntegrity, namespace } = options;
  const { node, root } = place;
  const { log: plain, flush } = await startLog(options.logFormat, options.debug, () => "");
  const log = plain.with({ node, fileIntegrity: `${namespace}/${fileIntegrity}` });
  const stop = untilSignal();
  try {
    log.info("Daemon {version} for {root}, configuration {digest}", {
      root,
      version: programVersion,
      digest: options.configDigest,
    });
    const connection = await connect(options);
    const aide = aideProgram(await installedAide(options.aide));
    const watch = new DaemonWatch(aide, systemClock, stop.signal);
    await using _probes = await startProbes(bindAddress(options.bindAddress), watch);
    const userAgent = `file-integrity-daemon/${programVersion}`;
    await runDaemon({
      ...{ options, ...place, log, watch },
      open: (options) => new KubeClient(connection, { userAgent, ...options }),
      disk: localDisk,
      clock: systemClock,
      random: Math.random,
    }, stop.signal);
    log.info("Ended by a signal");
    return exitStatus.succeeded;
  } catch (error) {
    const problem = isKubeError(error) || error instanceof CannotListen
      ? error.message
      : `Internal error: ${error instanceof Error ? error.stack : String(error)}`;
    log.error("{problem}", { problem });
    return exitStatus.errored;
  } finally {
    stop.end();
    await flush();
  }
}
