/** The disk that holds the state of a node's daemon. */

import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { type Mount, tmpfs } from "../../node/mounts.ts";
import type { Installation } from "../product/installation.ts";

const size = "8m";

/** Milliseconds from the end of a scan to the next one, at least. */
const interval = 10_000;

/** Whether a status tells of another scan than that one. */
export function isAfter(
  before: StoredNodeStatus | undefined,
): (status: StoredNodeStatus) => boolean {
  return ({ lastResult }) => lastResult?.lastProbeTime !== before?.lastResult?.lastProbeTime;
}

/** A disk of its own for the state of a FileIntegrity's daemon on a node. */
export class StateDisk implements AsyncDisposable {
  private constructor(
    /** Where it is on this machine. */
    readonly path: string,
    readonly mount: Mount,
    readonly product: Installation,
    readonly name: string,
    readonly node: string,
  ) {}

  /** Mounts it; to be called before there is a daemon. */
  static async mount(product: Installation, name: string, node: string): Promise<StateDisk> {
    const path = `${product.nodes.hostRoot(node)}/var/lib/file-integrity/${name}`;
    return new StateDisk(path, await tmpfs(path, size), product, name, node);
  }

  /**
   * Leaves no room on it, between two scans of that result: what one of them has on the disk for a while would make room
   * later.
   */
  async fill(condition: string): Promise<void> {
    for (;;) {
      const before = await this.product.status(this.name, this.node);
      const { lastResult } = await this.product.untilResult(
        ...[this.name, this.node, condition, isAfter(before)] as const,
      );
      const next = Date.parse(lastResult?.lastProbeTime ?? "") + interval;
      const used = await this.#usedKiB();
      if (Date.now() > next - interval / 2) continue; // it was late to look
      await this.mount.remount(`size=${used}k`);
      if (Date.now() < next) return;
      await this.free();
    }
  }

  /** There is room again. */
  async free(): Promise<void> {
    await this.mount.remount(`size=${size}`);
  }

  async #usedKiB(): Promise<number> {
    const { stdout } = await new Deno.Command("df", {
      args: ["--output=used", "--block-size=1K", this.path],
    }).output();
    return Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mount[Symbol.asyncDispose]();
  }
}
