/** A node of the cluster: containerd and a kubelet, in process and mount namespaces that end with it. */
import { runCommand } from "../setup/run_command.ts";
import { nodeFiles } from "./node_files.ts";
import type { NodePrograms } from "./node_programs.ts";

/** The node, which is on or off. */
export class RealNode {
  readonly #programs: NodePrograms;
  #machine: Deno.ChildProcess | undefined;
  #failed = Promise.withResolvers<never>();

  constructor(programs: NodePrograms) {
    this.#programs = programs;
    this.#failed.promise.catch(() => {}); // it is of interest only while something is waited for
  }

  /** Rejects when a program of the node ends by itself. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Starts it; the Node object says when it is ready. */
  boot(): void {
    const machine = new Deno.Command("unshare", {
      args: [
        ...["--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"],
        ...["--propagation", "private", "sh", nodeFiles.boot],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    this.#machine = machine;
    void this.#watch(machine);
  }

  async #watch(machine: Deno.ChildProcess): Promise<void> {
    await machine.status;
    if (this.#machine !== machine) return;
    this.#failed.reject(new Error("The kubelet or containerd has ended by itself"));
  }

  /** Ends it as a power cut does: nothing of it can say a last word, and its mounts and /run are gone. */
  async powerOff(): Promise<void> {
    const machine = this.#machine;
    this.#machine = undefined;
    machine?.kill("SIGKILL");
    await machine?.status;
  }

  /** Runs ctr on its images and containers, and gives what it says. */
  async ctr(...args: string[]): Promise<string> {
    return await runCommand(this.#programs.ctr, [
      ...["--address", nodeFiles.socket, "--namespace", "k8s.io", ...args],
    ]);
  }

  /** Loads the images of an archive, and gives their names. */
  async load(archive: string): Promise<string[]> {
    const said = await this.ctr("images", "import", "--base-name", "localhost/loaded", archive);
    const names = [...said.matchAll(/^unpacking (\S+) /gm)].map((match) => match[1] ?? "");
    if (names.length === 0) {
      throw new Error(`${archive} has no image that containerd finds: ${said}`);
    }
    return names;
  }
}
