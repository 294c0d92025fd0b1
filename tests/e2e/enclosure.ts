/** Runs the test inside namespaces of its own: what it starts can't outlive it, and its network leads nowhere. */
import { enclosureGroup, hierarchies } from "./cgroups.ts";

// The first process of the namespace: when it ends, the kernel ends all others. It takes note of those that were left
// by their parents, as an init does.
const init = 'exec 3<&0; "$@" <&3 & child=$!; exec 3<&-; wait $child';

// A process is found by its cgroups, by the next run at the latest.
const join = 'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs"; shift; done; shift; exec "$@"';

const patience = 30_000;

/**
 * Runs a program for Deno, with its arguments, in an enclosure whose processes are in the cgroups of this name, and
 * gives its exit status. When the signal fires, or this process ends, its stdin does; it is to end then.
 */
export async function runEnclosed(
  program: readonly string[],
  groups: string,
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const joined = (await hierarchies()).map((one) => enclosureGroup(one, groups));
  const child = new Deno.Command("sh", {
    args: [
      ...["-c", join, "sh", ...joined, "--"],
      ...["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"],
      ...["--propagation", "slave", "sh", "-c", init, "sh"],
      ...[Deno.execPath(), "run", "--frozen", "--quiet", "-A", ...program],
    ],
    detached: true, // Ctrl-C is for this process, which then says so to that one
    stdin: "piped", // its end is how the test learns that this process is gone
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const abort = (): void => {
    child.stdin.close().catch(() => {});
    timer = setTimeout(() => child.kill("SIGKILL"), patience);
  };
  signal.addEventListener("abort", abort);
  try {
    const { code } = await child.status;
    signal.throwIfAborted();
    return code;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    await child.stdin.close().catch(() => {});
  }
}
