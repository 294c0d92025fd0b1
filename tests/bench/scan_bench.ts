/** Scans against bare AIDE: what the program adds. */
import { engineFlag } from "../../src/build/permissions.ts";
import {
  bareCheck,
  type BenchHost,
  fileIntegrityYaml,
  localConfig,
  type Packed,
  scanCommand,
} from "./bench_host.ts";
import { childrenCpu, type Cost, costOf } from "./cpu_time.ts";
import { lines } from "./line_reader.ts";
import { median, type Table } from "./table.ts";
import { steps, type TurnCost } from "./turn_program.ts";

/** The program's own process, which scans when it is told to. */
class TurnProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<string>;

  constructor(host: BenchHost, idle: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--frozen", "-A", engineFlag],
        new URL("turn_program.ts", import.meta.url).pathname,
        JSON.stringify({ host, idle }),
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#answers = lines(this.#child.stdout);
  }

  async turn(expected: string): Promise<TurnCost> {
    await this.#writer.write(new TextEncoder().encode("\n"));
    const { value } = await this.#answers.next();
    if (value === undefined) throw new Error("The scanning process ended unasked");
    const turn = JSON.parse(value) as TurnCost;
    if (turn.condition === expected) return turn;
    throw new Error(`A scan is ${turn.condition}, not ${expected}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
  }
}

/** How often everything is run: until `seconds` have passed, but `least` times and not more than `most` times. */
export interface Rounds {
  least: number;
  most: number;
  seconds: number;
}

/** What is measured of one AIDE on one tree. */
export interface ScanTask {
  host: BenchHost;
  idle: readonly string[];
  packed: Packed;
  rounds: Rounds;
  /** The verdict of every scan. */
  expected: "Succeeded" | "Failed";
  /** Whether the packed file is run too, and AIDE at normal priority. */
  once: boolean;
  normal: boolean;
  progress(what: string): void;
}

/** The costs of one way to scan, a round each. */
type Costs = Cost[];

/** What was measured, in rounds in which everything ran once. */
export interface ScanMeasures {
  bare: Costs;
  resident: Costs;
  once: Costs;
  normal: Costs;
  turns: TurnCost[];
}

/** Runs `scan --once` of the packed file; throws unless it ends as expected. */
export async function scanOnce(
  packed: Packed,
  host: BenchHost,
  expected: "Succeeded" | "Failed",
): Promise<void> {
  const file = `${host.state}.yaml`;
  await Deno.writeTextFile(file, fileIntegrityYaml(900));
  const options = { once: true, stdout: "null", stderr: "piped" } as const;
  const { code, stderr } = await scanCommand(packed, host, file, options).output();
  if (code === (expected === "Failed" ? 1 : 0)) return;
  throw new Error(`scan --once ended with ${code}: ${new TextDecoder().decode(stderr)}`);
}

/** Runs bare AIDE, the resident program and the packed file in turns, in another order every round. */
export async function measureScans(task: ScanTask): Promise<ScanMeasures> {
  const { host, idle, packed, rounds, expected } = task;
  const config = localConfig(host);
  const bareLog = `${host.state}/aide.bare.log`;
  const measures: ScanMeasures = { bare: [], resident: [], once: [], normal: [], turns: [] };
  await using resident = new TurnProcess(host, idle);
  await resident.turn(expected); // the first one loads and compiles
  const bare = async (priority: readonly string[]): Promise<Cost> => {
    const cost = await costOf(childrenCpu, () => bareCheck(host, config, priority));
    await Deno.remove(bareLog);
    return cost;
  };
  const ways: (() => Promise<void>)[] = [
    async () => void measures.bare.push(await bare(idle)),
    async () => {
      const turn = await resident.turn(expected);
      measures.turns.push(turn);
      measures.resident.push(turn.cost);
    },
    async () => {
      if (!task.once) return;
      const once = (): Promise<void> => scanOnce(packed, host, expected);
      measures.once.push(await costOf(childrenCpu, once));
    },
    async () => void (task.normal && measures.normal.push(await bare([]))),
  ];
  const until = performance.now() + rounds.seconds * 1000;
  for (let round = 0; round < rounds.most; round++) {
    if (round >= rounds.least && performance.now() > until) break;
    task.progress(`round ${round + 1}, at most ${rounds.most}`);
    for (let at = 0; at < ways.length; at++) await ways[(at + round) % ways.length]?.();
  }
  return measures;
}

/** The columns of the table of scans. */
export const scanColumns: Table["columns"] = [
  { name: "AIDE" },
  { name: "what ran" },
  { name: "wall s", digits: 3 },
  { name: "CPU s", digits: 3 },
  { name: "wall ratio", digits: 3 },
  { name: "CPU ratio", digits: 3 },
  { name: "wall + ms" },
  { name: "CPU + ms" },
  { name: "others" },
];

function row(aide: string, what: string, costs: Costs, bare: Costs): Table["rows"][number] {
  const paired = (figure: (cost: Cost, base: Cost) => number): number =>
    median(costs.flatMap((cost, at) => bare[at] === undefined ? [] : [figure(cost, bare[at])]));
  return [
    aide,
    what,
    median(costs.map(({ wall }) => wall)),
    median(costs.map(({ cpu }) => cpu)),
    paired((cost, base) => cost.wall / base.wall),
    paired((cost, base) => cost.cpu / base.cpu),
    paired((cost, base) => (cost.wall - base.wall) * 1000),
    paired((cost, base) => (cost.cpu - base.cpu) * 1000),
    median(costs.map(({ others }) => others)).toFixed(2),
  ];
}

/** The rows of one series of measurements. */
export function scanRows(aide: string, what: string, measures: ScanMeasures): Table["rows"] {
  const { bare, resident, once, normal } = measures;
  const rows = [
    row(aide, `bare aide --check, ${what}, ${bare.length} rounds`, bare, bare),
    row(aide, "  scan in a running process", resident, bare),
  ];
  if (once.length > 0) rows.push(row(aide, "  scan --once, packed file", once, bare));
  if (normal.length > 0) rows.push(row(aide, "  bare, at normal priority", normal, bare));
  return rows;
}

/** Where the time of scans in a running process went: medians in ms, one column for each series. */
export function stepTable(series: { name: string; measures: ScanMeasures }[]): Table {
  const aideStep = steps.indexOf("AIDE, its JSON report parsed as it comes");
  const besides = (turn: TurnCost): number =>
    turn.steps.reduce((sum, spent, at) => at === aideStep ? sum : sum + spent, 0);
  const of = (figure: (turn: TurnCost) => number) =>
    series.map(({ measures }) => median(measures.turns.map(figure)));
  return {
    title: "Steps of a scan in a running process (ms of wall time)",
    columns: [{ name: "step" }, ...series.map(({ name }) => ({ name, digits: 1 }))],
    rows: [
      ...steps.map((step, at) => [step, ...of((turn) => turn.steps[at] ?? NaN)]),
      [
        "bare aide --check, for comparison",
        ...series.map(({ measures }) => median(measures.bare.map(({ wall }) => wall * 1000))),
      ],
      ["all steps but AIDE's", ...of(besides)],
      ["  in % of AIDE's", ...of((turn) => besides(turn) / (turn.steps[aideStep] ?? NaN) * 100)],
      ["CPU of the program's own process", ...of((turn) => turn.own * 1000)],
    ],
    notes: [
      "Medians of each line by itself, so that they need not add up.",
      "Unlike the ratios above, these lines hardly depend on what else the machine does.",
    ],
  };
}
