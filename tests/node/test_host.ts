import type { Logger } from "@logtape/logtape";
import { getLogger } from "@logtape/logtape";
import { FilePublisher } from "../../src/cli/file_publisher.ts";
import { loadStatus, statusPath } from "../../src/cli/status_file.ts";
import { convertConfig } from "../../src/aide/convert.ts";
import type { FileIntegrity } from "../../src/api/file_integrity.ts";
import { apiVersion } from "../../src/api/labels.ts";
import type { FileIntegrityNodeStatus } from "../../src/api/node_status.ts";
import type { BaselineReason } from "../../src/api/reasons.ts";
import { digestText } from "../../src/base/digest.ts";
import { type Aide, aideProgram } from "../../src/node/aide_process.ts";
import { type MonotonicClock, systemClock } from "../../src/system/clock.ts";
import { type Disk, localDisk } from "../../src/node/disk.ts";
import { fixedOrders } from "../../src/node/orders.ts";
import type { Publication } from "../../src/node/publisher.ts";
import { runNode } from "../../src/node/run_node.ts";
import type { TakenBaseline } from "../../src/node/take_baseline.ts";
import { stateFiles } from "../../src/node/state_files.ts";
import type { AideBinary } from "../aide_binaries.ts";

/** The policy of a `TestHost` that is given none: everything below etc, with content and link targets. */
export const testPolicy = `
CONTENT = sha512+ftype+p+u+g+n+acl+selinux+xattrs+l+s
/etc CONTENT
`;

/** How one turn of a `TestHost` differs from the normal. */
export interface TurnOptions {
  /** An aide.conf as a user writes it. */
  config?: string;
  /** Asks for a new baseline. */
  reInit?: boolean;
  /** Asks for it under this name; one that has been carried out is not carried out again. */
  requestID?: string;
  /** Why it is asked for; "requested" when absent. */
  reason?: BaselineReason;
  absorbOnConfigChange?: boolean;
  maxBackups?: number;
  disk?: Disk;
  clock?: MonotonicClock;
  aide?: Aide;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** The record of the baseline, where it is kept elsewhere than in the state directory. */
  anchor?: TakenBaseline | undefined;
}

/** What a turn gave. */
export interface Turn {
  /** What was published. */
  publication: Publication;
  /** Whether it could be. */
  safe: boolean;
  /** As it stands in the state directory, or would stand there. */
  status: FileIntegrityNodeStatus;
}

const silent: Logger = getLogger("test");
const node = "worker-1.example";
const fileIntegrity: FileIntegrity = {
  apiVersion,
  kind: "FileIntegrity",
  metadata: { name: "worker-fileintegrity", namespace: "openshift-file-integrity" },
  spec: { config: {} },
};

/** A host of its own in a temporary directory: files to watch below `root`, state in `state`, a real AIDE. */
export class TestHost implements AsyncDisposable {
  readonly aide: AideBinary;
  readonly directory: string;
  #requests = 0;

  private constructor(aide: AideBinary, directory: string) {
    this.aide = aide;
    this.directory = directory;
  }

  /** Makes a host with these files below its root; a path ending in "/" is a directory. */
  static async make(
    aide: AideBinary,
    files: Record<string, string> = { "etc/hosts": "127.0.0.1 localhost\n", "etc/motd": "hello\n" },
  ): Promise<TestHost> {
    const host = new TestHost(aide, await Deno.makeTempDir({ prefix: "fio-test-" }));
    await Deno.mkdir(host.root);
    for (const [path, text] of Object.entries(files)) await host.write(path, text);
    return host;
  }

  /** The host that another process made in this directory. */
  static at(aide: AideBinary, directory: string): TestHost {
    return new TestHost(aide, directory);
  }

  get root(): string {
    return `${this.directory}/root`;
  }

  get state(): string {
    return `${this.directory}/state`;
  }

  get failedConfigMap(): string {
    return `${this.state}/aide-ds-worker-fileintegrity-${node}-failed.json`;
  }

  get absorbedConfigMap(): string {
    return `${this.state}/aide-ds-worker-fileintegrity-${node}-absorbed.json`;
  }

  /** The file on this machine of a path below the root. */
  at(path: string): string {
    return `${this.root}/${path}`;
  }

  async write(path: string, text: string): Promise<void> {
    const file = this.at(path);
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    if (!path.endsWith("/")) await Deno.writeTextFile(file, text);
  }

  async append(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.at(path), text, { append: true });
  }

  /** Makes one turn: a check, or a new baseline where there is none or one is asked for. */
  async turn(options: TurnOptions = {}): Promise<Turn> {
    const converted = convertConfig(options.config ?? testPolicy);
    if (converted.faults.length > 0) throw new Error(JSON.stringify(converted.faults));
    const disk = options.disk ?? localDisk;
    const clock = options.clock ?? systemClock;
    await disk.makeDirectory(this.state);
    const status = await loadStatus(disk, statusPath(this.state));
    const publisher = new FilePublisher(
      { disk, directory: this.state, fileIntegrity, node },
      status,
    );
    const request = options.requestID ??
      (options.reInit ? `request-${++this.#requests}` : undefined);
    let turn: Turn | undefined;
    await runNode({
      parts: {
        disk,
        clock,
        aide: options.aide ?? aideProgram({ path: this.aide.path, idle: [] }),
        log: silent,
        files: stateFiles(this.state),
        root: this.root,
        workers: 1,
        timeoutMs: options.timeoutMs ?? 120_000,
      },
      orders: fixedOrders({
        config: converted.text,
        configDigest: digestText(converted.text),
        interval: 900_000,
        maxBackups: options.maxBackups ?? 5,
        held: false,
        notBefore: 0,
        ...(request === undefined
          ? {}
          : { request: { id: request, reason: options.reason ?? "requested" } }),
        absorbOnConfigChange: options.absorbOnConfigChange ?? false,
      }),
      publisher,
      anchor: options.anchor ?? status?.baseline,
      jitter: () => 0,
      published(publication, safe): Promise<boolean> {
        const published = safe ? publisher.published?.status : undefined;
        turn = { publication, safe, status: published ?? publisher.preview(publication) };
        return Promise.resolve(false);
      },
    }, options.signal ?? new AbortController().signal);
    if (turn === undefined) throw new Error("The turn was called off");
    return turn;
  }

  /** The log in a published ConfigMap, unpacked as the documentation says. */
  async log(path: string): Promise<string> {
    const { metadata, data } = JSON.parse(await Deno.readTextFile(path));
    const text: string = data.integritylog;
    if (metadata.annotations["file-integrity.openshift.io/compressed"] === undefined) return text;
    const gzip = new Blob([Uint8Array.fromBase64(text)]).stream();
    return await new Response(gzip.pipeThrough(new DecompressionStream("gzip"))).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** Runs a test once for every AIDE version that the product supports. */
export function testWithEachAide(
  name: string,
  binaries: readonly AideBinary[],
  test: (aide: AideBinary) => Promise<void>,
): void {
  for (const aide of binaries) Deno.test(`${name} (AIDE ${aide.version})`, () => test(aide));
}
