/** What containers wrote to stdout and stderr. */
import { Changes } from "./changes.ts";

/** A line that a container wrote. */
export interface LoggedLine {
  namespace: string;
  pod: string;
  node: string;
  /** How many containers of the pod ran before this one. */
  restart: number;
  text: string;
  /** The line of a log in JSON, as the product writes it with its option for that; undefined for any other line. */
  entry: LogEntry | undefined;
}

/** The product's line of a log. */
export interface LogEntry extends Record<string, unknown> {
  time: string;
  level: string;
  message: string;
}

/** Where a line comes from. */
export type LogOrigin = Pick<LoggedLine, "namespace" | "pod" | "node" | "restart">;

function entryOf(text: string): LogEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return "level" in value && "message" in value ? value as LogEntry : undefined;
  } catch {
    return undefined;
  }
}

const textEntry = /^\d{4}-\d\d-\d\dT\S+ (TRACE|DEBUG|INFO|WARN|ERROR)\b/;
const harmless = new Set(["trace", "debug", "info"]);

/** Whether a line is a warning or an error, or none of the product's log at all, such as the last words of a crash. */
function isFault({ text, entry }: LoggedLine): boolean {
  const level = entry?.level ?? textEntry.exec(text)?.[1]?.toLowerCase();
  return level === undefined ? text.trim() !== "" : !harmless.has(level);
}

/** The lines of all containers, ended ones too, in the order in which they came; each container's also in a file. */
export class ContainerLogs {
  readonly #directory: string;
  readonly #lines: LoggedLine[] = [];
  readonly #changes: Changes;

  constructor(directory: string, changes: Changes) {
    this.#directory = directory;
    this.#changes = changes;
  }

  /** Takes what one container writes, until it is closed. */
  async open(origin: LogOrigin): Promise<ContainerLog> {
    await Deno.mkdir(this.#directory, { recursive: true });
    const { node, namespace, pod, restart } = origin;
    const path = `${this.#directory}/${node.slice(0, 63)}_${namespace}_${pod}.${restart}.log`;
    const file = await Deno.open(path, { create: true, append: true });
    return new ContainerLog(file, (text) => {
      this.#lines.push({ ...origin, text, entry: entryOf(text) });
      this.#changes.tell();
    });
  }

  /** The lines of the pods whose name begins so, of all by default. */
  lines(podPrefix = ""): LoggedLine[] {
    return this.#lines.filter(({ pod }) => pod.startsWith(podPrefix));
  }

  /** Of these lines those that are warnings, errors, or nothing that the product should write. */
  faults(podPrefix = ""): LoggedLine[] {
    return this.lines(podPrefix).filter(isFault);
  }
}

/** The log of one container. */
export class ContainerLog {
  readonly #file: Deno.FsFile;
  readonly #line: (text: string) => void;
  readonly #decoder = new TextDecoder();
  #rest = "";

  constructor(file: Deno.FsFile, line: (text: string) => void) {
    this.#file = file;
    this.#line = line;
  }

  async write(chunk: Uint8Array<ArrayBuffer>): Promise<void> {
    for (let at = 0; at < chunk.length;) at += await this.#file.write(chunk.subarray(at));
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  /** Nothing more comes. */
  close(): void {
    if (this.#rest !== "") this.#line(this.#rest);
    this.#rest = "";
    this.#file.close();
  }
}
