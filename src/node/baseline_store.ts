import { type DatabaseFacts, inspectDatabase } from "../report/database.ts";
import { digestStream, digestText } from "../base/digest.ts";
import type { Disk } from "./disk.ts";
import { clusterRemedies, type Remedies } from "./remedies.ts";
import { backupStamp, type StateFiles, surplusBackups } from "./state_files.ts";

/** What a baseline is known by, wherever its record is kept: the anchor. */
export interface Anchor {
  /** `sha256:<hex>` of the database file. */
  digest: string;
  /** `sha256:<hex>` of the configuration text that built it. */
  configDigest: string;
  /** RFC 3339. */
  created: string;
}

/** What the state directory holds, held against the anchor; "unrecorded": a database, and no anchor. */
export type Settled =
  | { state: "none" }
  | { state: "present"; switched: boolean }
  | { state: "lost" | "unrecorded" | "altered"; message: string; remedy: string };

async function digestOf(disk: Disk, path: string): Promise<string | undefined> {
  const stream = await disk.open(path);
  return stream === undefined ? undefined : await digestStream(stream);
}

async function configDigestOf(disk: Disk, path: string): Promise<string | undefined> {
  const text = await disk.readText(path);
  return text === undefined ? undefined : digestText(text);
}

/** The database, its configuration and their backups: every change of them is the old state or the new one. */
export class BaselineStore {
  readonly #disk: Disk;
  readonly #files: StateFiles;
  readonly #remedies: Remedies;

  constructor(disk: Disk, files: StateFiles, remedies = clusterRemedies) {
    this.#disk = disk;
    this.#files = files;
    this.#remedies = remedies;
  }

  /** Reads a database file to its end; nothing when there is none. */
  async inspect(path: string): Promise<DatabaseFacts | undefined> {
    const stream = await this.#disk.open(path);
    return stream === undefined ? undefined : await inspectDatabase(stream);
  }

  /**
   * Finds the anchored baseline. Where a switch to it was cut short, it is finished: the record of a baseline is
   * published before the files move, so the anchor decides which of two sets of files is the baseline. Not for use
   * while a new baseline lies beside the one in use: it may be equal to it.
   */
  async settle(anchor: Anchor | undefined, maxBackups: number): Promise<Settled> {
    const switched = anchor !== undefined && await this.#finishSwitch(anchor, maxBackups);
    const held = await this.verify(anchor);
    return held.state === "present" ? { state: "present", switched } : held;
  }

  async #finishSwitch(anchor: Anchor, maxBackups: number): Promise<boolean> {
    const disk = this.#disk;
    const { database, config, nextDatabase, nextConfig, directory } = this.#files;
    const moved = await digestOf(disk, database) === anchor.digest;
    if (!moved && await digestOf(disk, nextDatabase) === anchor.digest) {
      await this.switchOver(anchor, maxBackups);
      return true;
    }
    if (await configDigestOf(disk, nextConfig) !== anchor.configDigest) return false;
    if (await configDigestOf(disk, config) === anchor.configDigest) return false;
    await disk.rename(nextConfig, config);
    await disk.sync(directory);
    return true;
  }

  /** Holds what the state directory has against the anchor, and changes nothing. */
  async verify(anchor: Anchor | undefined): Promise<Settled> {
    const { database, config } = this.#files;
    const orNew = `or ${this.#remedies.newBaseline}`;
    const remedy = `Restore it from a backup, ${orNew}`;
    const live = await digestOf(this.#disk, database);
    if (anchor === undefined) {
      if (live === undefined) {
        // A first baseline brings both: where one of them is there, there was one.
        if (await configDigestOf(this.#disk, config) === undefined) return { state: "none" };
        return {
          state: "lost",
          message: `Baseline lost: ${database} is missing, and so is the record of it (no status ` +
            `has its digest), while its configuration ${config} is there`,
          remedy: `Restore both from a backup, ${orNew}`,
        };
      }
      return {
        state: "unrecorded",
        message: `Baseline altered: ${database} is there, but nothing vouches for it ` +
          "(no status records its digest)",
        remedy: `Restore the status, ${orNew}`,
      };
    }
    if (live === undefined) {
      return {
        state: "lost",
        message: `Baseline lost: ${database} is missing (expected ${anchor.digest}, taken ` +
          `${anchor.created})`,
        remedy,
      };
    }
    if (live !== anchor.digest) {
      return {
        state: "altered",
        message: `Baseline altered: ${database} has digest ${live}, not ${anchor.digest} ` +
          `as taken ${anchor.created}`,
        remedy,
      };
    }
    const found = await configDigestOf(this.#disk, config);
    if (found === anchor.configDigest) return { state: "present", switched: false };
    const what = found === undefined ? "is missing" : `has digest ${found}`;
    return {
      state: found === undefined ? "lost" : "altered",
      message:
        `Baseline ${found === undefined ? "lost" : "altered"}: its configuration ${config} ` +
        `${what}, not ${anchor.configDigest}`,
      remedy,
    };
  }

  /** Moves the verified new baseline into place, after the old one has been kept as a backup. */
  async switchOver(anchor: Anchor, maxBackups: number): Promise<void> {
    const disk = this.#disk;
    const { database, config, log, nextDatabase, nextConfig, directory } = this.#files;
    const stamp = backupStamp(Date.parse(anchor.created));
    if (maxBackups > 0) {
      for (const path of [database, config, log]) await this.#keep(path, `${path}.backup-${stamp}`);
    }
    // The database first: while it has not moved, both files of the pair are still there to be moved.
    await disk.rename(nextDatabase, database);
    await disk.rename(nextConfig, config);
    await disk.sync(directory);
    await this.prune(maxBackups);
  }

  async #keep(path: string, backup: string): Promise<void> {
    const there = await this.#disk.list(this.#files.directory);
    if (there.includes(path.slice(path.lastIndexOf("/") + 1))) await this.#disk.link(path, backup);
  }

  /** Removes backups until `maxBackups` of each kind are left, oldest first. */
  async prune(maxBackups: number): Promise<void> {
    const { directory } = this.#files;
    for (const name of surplusBackups(await this.#disk.list(directory), maxBackups)) {
      await this.#disk.remove(`${directory}/${name}`);
    }
  }

  /** Removes what an interrupted run left half made, the successor of a baseline that never took its place too. */
  async tidy(): Promise<void> {
    await this.dropNext();
    await this.dropDrafts();
  }

  /** Removes a new baseline that has not become the one in use. Never before the anchor has been settled. */
  async dropNext(): Promise<void> {
    const { nextDatabase, nextConfig } = this.#files;
    for (const path of [nextDatabase, nextConfig]) await this.#disk.remove(path);
  }

  /** Removes what no record can name: half a database takes the room that the record of its failure needs. */
  async dropDrafts(): Promise<void> {
    const { directory, draft, healed, draftLog, pathsLog } = this.#files;
    for (const path of [draft, healed, draftLog]) await this.#disk.remove(path);
    for (const name of await this.#disk.list(directory)) {
      const path = `${directory}/${name}`;
      if (path.startsWith(`${pathsLog}-`) || path.endsWith(".tmp")) await this.#disk.remove(path);
    }
  }
}
