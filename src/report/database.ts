import { createHash } from "node:crypto";
import { createGunzip, type Gunzip } from "node:zlib";
import { DatabaseLines } from "./database_lines.ts";
import { LongLinkFinder, type LongLinks } from "./long_links.ts";

/** What a baseline file is, found by reading all of it. */
export interface DatabaseFacts {
  /** "sha256:<hex>" of the bytes as they lie on the disk, compressed. */
  digest: string;
  /** Compressed size. */
  bytes: number;
  /** Lines that describe a file. */
  entries: number;
  /** `@@begin_db`, `@@db_spec` and `@@end_db` are there, in this order, and nothing follows. */
  complete: boolean;
  /** Why it is not complete. */
  fault?: string;
  /** Links that a check could not compare. */
  longLinks: LongLinks;
}

/** Bounds on a database, against files made to exhaust memory or time. */
export interface DatabaseLimits {
  /** Bytes after decompression. */
  inflated: number;
}

const databaseLimits: DatabaseLimits = { inflated: 8 * 1024 ** 3 };

class Inflater {
  fault: string | undefined;
  readonly lines = new DatabaseLines();
  readonly longLinks = new LongLinkFinder();
  readonly #gunzip: Gunzip;
  #inflated = 0;
  #taken = 0;
  readonly #over = Promise.withResolvers<void>();

  constructor(private readonly limit: number) {
    this.#gunzip = createGunzip({ chunkSize: 64 * 1024 });
    this.#gunzip.on("data", (chunk: Uint8Array) => this.#take(chunk));
    this.#gunzip.on("error", () => this.#stop("it is not gzip data, or damaged or cut off"));
    this.#gunzip.on("end", () => this.#over.resolve());
    this.#gunzip.on("close", () => this.#over.resolve());
  }

  /** Takes compressed bytes and waits until they are worked off. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.fault !== undefined) return;
    this.#taken += chunk.length;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gunzip.write(chunk, () => resolve());
    await Promise.race([promise, this.#over.promise]);
  }

  async end(): Promise<void> {
    if (this.fault !== undefined) return;
    this.#gunzip.end();
    await this.#over.promise;
    if (this.#gunzip.bytesWritten !== this.#taken) this.#stop("data follows the gzip stream");
  }

  #take(chunk: Uint8Array): void {
    this.#inflated += chunk.length;
    if (this.#inflated > this.limit) this.#stop(`it unpacks to more than ${this.limit} bytes`);
    else {
      this.lines.push(chunk);
      this.longLinks.push(chunk);
    }
  }

  #stop(fault: string): void {
    this.fault ??= fault;
    this.#gunzip.destroy();
    this.#over.resolve();
  }
}

/** Reads a gzip AIDE database from end to end, in flat memory. Rejects only when the stream itself fails. */
export async function inspectDatabase(
  gzip: ReadableStream<Uint8Array>,
  limits: Partial<DatabaseLimits> = {},
): Promise<DatabaseFacts> {
  const hash = createHash("sha256");
  const inflater = new Inflater(limits.inflated ?? databaseLimits.inflated);
  let bytes = 0;
  for await (const chunk of gzip) {
    bytes += chunk.length;
    hash.update(chunk);
    await inflater.write(chunk);
  }
  await inflater.end();
  const whole = inflater.lines.end();
  const fault = bytes === 0 ? "it is empty" : inflater.fault ?? inflater.lines.fault;
  return {
    digest: `sha256:${hash.digest("hex")}`,
    bytes,
    entries: inflater.lines.entries,
    complete: whole && fault === undefined,
    ...(fault === undefined ? {} : { fault }),
    longLinks: inflater.longLinks.found,
  };
}
