/** The processes of a cluster: started apart from the terminal, found again by what they recorded. */
import { type ComponentName, componentNames } from "./components.ts";
import { bootFile, isRunning, parseStat, type ProcessIdentity } from "./process_identity.ts";

// A process says who it is before it becomes the program: whoever started it may be killed at any moment and would
// leave it unknown. Where the directory is gone, so is the cluster, and nothing is started.
const record = `
set -e
{ cat "/proc/$$/stat" ${bootFile}; } > "$1"
exec > "$2" 2>&1
shift 2
exec "$@"
`;

/** The directory in which the components of the cluster in `home` say which processes they are. */
export const runDirectory = (home: string): string => `${home}/state/run`;

/** Path of a component's log. */
export const logFile = (home: string, name: ComponentName): string =>
  `${home}/state/log/${name}.log`;

/** A component that was started by this process. */
export interface StartedComponent {
  name: ComponentName;
  /** Settles when it has ended; does not keep this process until then. */
  ended: Promise<Deno.CommandStatus>;
  /** Waits until it has ended. */
  wait(): Promise<void>;
}

/** Starts a component in a session of its own, so that Ctrl-C in this terminal does not reach it. */
export function startComponent(
  home: string,
  name: ComponentName,
  program: string,
  args: readonly string[],
): StartedComponent {
  const recorded = `${runDirectory(home)}/${name}`;
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", record, "sh", recorded, logFile(home, name), program, ...args],
    cwd: home,
    detached: true,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
  const wait = async (): Promise<void> => {
    child.ref();
    await child.status;
  };
  return { name, ended: child.status, wait };
}

/** A component that was started at some time, perhaps by another process. */
export interface RecordedComponent {
  name: ComponentName;
  process: ProcessIdentity;
  running: boolean;
}

async function recorded(path: string): Promise<ProcessIdentity | undefined> {
  const deadline = performance.now() + 5_000;
  while (true) {
    const text = await Deno.readTextFile(path);
    const [line = "", boot = "", complete] = text.split("\n");
    if (complete !== undefined) {
      const { pid, startTime } = parseStat(line);
      return { pid, startTime, boot };
    }
    // It is being written; or its writer was killed, and then nothing was started.
    if (performance.now() > deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The components that recorded themselves in `directory`, in the order in which they are started. */
export async function recordedComponents(directory: string): Promise<RecordedComponent[]> {
  const found: RecordedComponent[] = [];
  for (const name of componentNames) {
    const path = `${directory}/${name}`;
    if (!await Deno.stat(path).then(() => true, () => false)) continue;
    const process = await recorded(path);
    if (process !== undefined) found.push({ name, process, running: await isRunning(process) });
  }
  return found;
}
