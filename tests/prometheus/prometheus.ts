/** A real Prometheus of one test, on loopback. */
import { prometheusPrograms } from "./prometheus_programs.ts";
import type { Labels } from "./promtool.ts";

/** What a Prometheus is to do. */
export interface PrometheusSetup {
  /** Its `scrape_configs`. */
  scrape: readonly unknown[];
  /** Rules as a PrometheusRule's `spec` has them. */
  rules?: readonly unknown[];
}

/** A value of a series. */
export interface Sample {
  /** The metric's name as `__name__`, where there is one. */
  labels: Labels;
  value: number;
}

/** An alert that is pending or firing. */
export interface ActiveAlert {
  /** `alertname` is among them. */
  labels: Labels;
  annotations: Labels;
  state: "pending" | "firing";
}

/** What is scraped, and how that went. */
export interface Target {
  labels: Labels;
  scrapeUrl: string;
  health: "unknown" | "up" | "down";
  /** "" where the last scrape went well. */
  lastError: string;
}

const reloaded = "Completed loading of configuration file";
const notReloaded = "Error reloading config";

const startSeconds = 60;
const waitSeconds = 120;

interface LogEntry {
  msg?: string;
  address?: string;
}

function logEntry(line: string): LogEntry {
  try {
    return JSON.parse(line);
  } catch {
    return {}; // what a program says that breaks down
  }
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const pieces = (rest + text).split("\n");
    rest = pieces.pop() ?? "";
    yield* pieces;
  }
  if (rest !== "") yield rest;
}

/** It answers on 127.0.0.1 as long as it is not disposed of; its data is gone then. */
export class Prometheus implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #directory: string;
  readonly #read: Promise<void>;
  readonly #said: string[] = [];
  #ended = false;
  #wake = Promise.withResolvers<void>();
  #address = "";

  private constructor(directory: string, child: Deno.ChildProcess) {
    this.#directory = directory;
    this.#child = child;
    this.#read = this.#listen();
  }

  /** Starts one that scrapes and evaluates its rules each second, and waits until it answers. */
  static async start(setup: PrometheusSetup): Promise<Prometheus> {
    const { prometheus: program } = await prometheusPrograms();
    const directory = await Deno.makeTempDir({ prefix: "prometheus-" });
    try {
      await writeSetup(directory, setup);
      const child = new Deno.Command(program, {
        args: [
          `--config.file=${directory}/prometheus.json`,
          `--storage.tsdb.path=${directory}/data`,
          "--web.listen-address=127.0.0.1:0",
          "--log.format=json",
        ],
        stdin: "null",
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const prometheus = new Prometheus(directory, child);
      try {
        await prometheus.#untilReady();
        return prometheus;
      } catch (error) {
        await prometheus.#end();
        throw error;
      }
    } catch (error) {
      await Deno.remove(directory, { recursive: true });
      throw error;
    }
  }

  /** Its process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** "http://127.0.0.1:PORT" */
  get address(): string {
    return `http://${this.#address}`;
  }

  /** Scrapes and evaluates something else from now on. */
  async reload(setup: PrometheusSetup): Promise<void> {
    await writeSetup(this.#directory, setup);
    const before = this.#said.length;
    this.#child.kill("SIGHUP");
    const { msg } = await this.#untilSaid([reloaded, notReloaded], before);
    if (msg !== reloaded) throw new Error(`Prometheus refuses it:\n${this.#log}`);
  }

  /** The value of an expression now, for each series that it has. */
  async query(expression: string): Promise<Sample[]> {
    const { result } = await this.#get<{
      result: { metric: Labels; value: [number, string] }[];
    }>(`query?${new URLSearchParams({ query: expression })}`);
    return result.map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) }));
  }

  /** Every alert that is pending or firing. */
  async alerts(): Promise<ActiveAlert[]> {
    return (await this.#get<{ alerts: ActiveAlert[] }>("alerts")).alerts;
  }

  /** What it scrapes. */
  async targets(): Promise<Target[]> {
    return (await this.#get<{ activeTargets: Target[] }>("targets?state=active")).activeTargets;
  }

  /** Waits until something holds; what it gives is given. Throws with `what` when it never does. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const end = performance.now() + waitSeconds * 1000;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) {
        const state = JSON.stringify([await this.targets(), await this.alerts()], null, 1);
        throw new Error(`Waited ${waitSeconds} s until ${what}; there is:\n${state}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Waits until all of so many targets were scraped, and all went well. */
  async untilScraped(count: number): Promise<Target[]> {
    return await this.until(`${count} targets are scraped`, async () => {
      const targets = await this.targets();
      return targets.length === count && targets.every(({ health }) => health === "up") && targets;
    });
  }

  /** Waits until an alert with these labels, and maybe others, fires. */
  async untilFiring(alertname: string, labels: Labels = {}): Promise<ActiveAlert> {
    return await this.until(
      `${alertname} fires`,
      async () => (await this.#firing(alertname, labels))[0],
    );
  }

  /** Waits until no alert with these labels fires. */
  async untilSilent(alertname: string, labels: Labels = {}): Promise<void> {
    await this.until(
      `${alertname} is silent`,
      async () => (await this.#firing(alertname, labels)).length === 0,
    );
  }

  async #firing(alertname: string, labels: Labels): Promise<ActiveAlert[]> {
    const wanted = Object.entries({ alertname, ...labels });
    return (await this.alerts()).filter((alert) =>
      alert.state === "firing" && wanted.every(([key, value]) => alert.labels[key] === value)
    );
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.address}/api/v1/${path}`);
    const answer = await response.json();
    if (answer.status !== "success") {
      throw new Error(`Prometheus does not answer ${path}: ${answer.errorType}: ${answer.error}`);
    }
    return answer.data;
  }

  async #listen(): Promise<void> {
    for await (const line of lines(this.#child.stderr)) {
      this.#said.push(line);
      this.#tell();
    }
    this.#ended = true;
    this.#tell();
  }

  #tell(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }

  get #log(): string {
    return this.#said.join("\n");
  }

  /** Waits until it has logged one of these messages, as the entry `from` of its log or a later one. */
  async #untilSaid(messages: readonly string[], from = 0): Promise<LogEntry> {
    const deadline = setTimeout(() => this.#kill("SIGKILL"), startSeconds * 1000);
    try {
      for (;;) {
        const found = this.#said.slice(from).map(logEntry)
          .find(({ msg }) => msg !== undefined && messages.includes(msg));
        if (found !== undefined) return found;
        if (this.#ended) {
          throw new Error(`Prometheus ended before it said "${messages[0]}":\n${this.#log}`);
        }
        await this.#wake.promise;
      }
    } finally {
      clearTimeout(deadline);
    }
  }

  async #untilReady(): Promise<void> {
    this.#address = (await this.#untilSaid(["Listening on"])).address ?? "";
    await this.#untilSaid(["Server is ready to receive web requests."]);
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // it has ended
    }
  }

  async #end(): Promise<void> {
    this.#kill("SIGKILL"); // nothing of it is to be kept
    await this.#child.status;
    await this.#read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    await Deno.remove(this.#directory, { recursive: true });
  }
}

async function writeSetup(
  directory: string,
  { scrape, rules = [] }: PrometheusSetup,
): Promise<void> {
  const names = rules.map((_, at) => `${directory}/rules-${at}.json`);
  for (const [at, name] of names.entries()) {
    await Deno.writeTextFile(name, JSON.stringify(rules[at]));
  }
  const config = {
    global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
    rule_files: names,
    scrape_configs: scrape,
  };
  await Deno.writeTextFile(`${directory}/prometheus.json`, JSON.stringify(config));
}
