import { assertEquals } from "@std/assert";
import type { FileIntegrityNodeStatus } from "../../src/api/node_status.ts";
import {
  documentedSample,
  type Ran,
  run,
  type Running,
  type RunOptions,
  start,
} from "./program.ts";

/** The node's name in scans of a `ScanHost`, as the documentation has it. */
export const documentedNode = "ip-10-0-130-192.ec2.internal";

const encoder = new TextEncoder();

/** A host to scan with the real program: files below `root`, its state in `state`, all in a directory of its own. */
export class ScanHost implements AsyncDisposable {
  readonly directory: string;
  readonly aide: string;

  private constructor(directory: string, aide: string) {
    this.directory = directory;
    this.aide = aide;
  }

  /** Makes a host that is scanned with the AIDE program `aide` and has an etc/resolv.conf. */
  static async make(aide: string): Promise<ScanHost> {
    const host = new ScanHost(await Deno.makeTempDir({ prefix: "fio-cli-" }), aide);
    await Deno.mkdir(`${host.root}/etc`, { recursive: true });
    await Deno.mkdir(`${host.root}/usr/bin`, { recursive: true });
    await Deno.writeTextFile(host.resolvConf, "nameserver 10.0.0.1\n");
    await Deno.writeTextFile(`${host.root}/usr/bin/program`, "#!/bin/sh\n");
    return host;
  }

  get root(): string {
    return `${this.directory}/root`;
  }

  get state(): string {
    return `${this.directory}/state`;
  }

  get resolvConf(): string {
    return `${this.root}/etc/resolv.conf`;
  }

  /** The change of the documentation. */
  async append(): Promise<void> {
    await Deno.writeTextFile(this.resolvConf, "# integrity test\n", { append: true });
  }

  /** A file in the host's own directory, by its path. */
  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = `${this.directory}/${name}`;
    await Deno.writeFile(path, typeof content === "string" ? encoder.encode(content) : content);
    return path;
  }

  /** The arguments of a scan with the documentation's FileIntegrity, and more. */
  arguments(more: readonly string[] = [], input: string = documentedSample): string[] {
    return [
      ...["scan", "-f", input, "--root", this.root, "--state-dir", this.state],
      ...["--aide", this.aide],
      ...more.includes("--node") ? [] : ["--node", documentedNode],
      ...more,
    ];
  }

  /** Scans once. */
  async scan(more: readonly string[] = [], options: RunOptions = {}): Promise<Ran> {
    return await run(this.arguments(["--once", ...more]), options);
  }

  /** Scans once, and gives the status that is printed as JSON. */
  async status(
    more: readonly string[] = [],
    options: RunOptions = {},
  ): Promise<Ran & { status: FileIntegrityNodeStatus }> {
    const ran = await this.scan(["-o", "json", ...more], options);
    return { ...ran, status: JSON.parse(ran.stdout) };
  }

  /** Starts a scan that repeats, or one of which more is said. */
  async start(more: readonly string[], input?: string): Promise<Running> {
    return await start(this.arguments(more, input));
  }

  /** Takes the first baseline, and makes sure of it. */
  async takeBaseline(): Promise<void> {
    const { code, stderr } = await this.scan();
    assertEquals(code, 0, stderr);
  }

  /** Every file of the state directory, with its content. */
  async stateFiles(): Promise<Record<string, string>> {
    const files: Record<string, string> = {};
    for await (const { name } of Deno.readDir(this.state)) {
      const bytes = await Deno.readFile(`${this.state}/${name}`);
      files[name] = new TextDecoder("latin1").decode(bytes);
    }
    return files;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}
