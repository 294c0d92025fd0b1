/** Throughput of the parsers under the engine's flags. */
import { engineFlag } from "../../src/build/permissions.ts";
import { median, type Table } from "./table.ts";

const megabytes = 40;
const rounds = 3;

const flags: [string, string[]][] = [
  ["none", []],
  [engineFlag.replace("--v8-flags=", ""), [engineFlag]],
  ["--max-semi-space-size=4", ["--v8-flags=--max-semi-space-size=4"]],
];

interface Parsed {
  wallRate: number;
  cpuRate: number;
}

/** The figures of one run, by what was read. */
async function run(args: readonly string[]): Promise<Map<string, Parsed>> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--frozen", "-A", ...args],
      new URL("report_bench.ts", import.meta.url).pathname,
      String(megabytes),
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  const found = new Map<string, Parsed>();
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    const figures = /^(\S.*?) {2,}(\d+) MB +[\d.]+ s CPU +([\d.]+) s +(\d+) MB per/.exec(line);
    if (figures === null) continue;
    const [, what = "", size, wall, cpuRate] = figures;
    found.set(what, { wallRate: Number(size) / Number(wall), cpuRate: Number(cpuRate) });
  }
  if (code === 0 && found.size > 0) return found;
  throw new Error(`report_bench.ts ended with ${code} and ${found.size} figures`);
}

/** Measures the parsers in turns with each flag. */
export async function measureParsers(progress: (what: string) => void): Promise<Table> {
  const results = flags.map((): Map<string, Parsed>[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, [name, args]] of flags.entries()) {
      progress(`round ${round + 1} of ${rounds}, V8 flags: ${name}`);
      results[at]?.push(await run(args));
    }
  }
  const of = (at: number, what: string, figure: (parsed: Parsed) => number): number =>
    median((results[at] ?? []).flatMap((round) => {
      const parsed = round.get(what);
      return parsed === undefined ? [] : [figure(parsed)];
    }));
  const parsers = [...results[0]?.[0]?.keys() ?? []];
  return {
    title: "Reading of generated reports and databases",
    columns: [
      { name: "what" },
      { name: "V8 flags" },
      { name: "MB/s" },
      { name: "MB per CPU s" },
      { name: "CPU ratio", digits: 2 },
    ],
    rows: parsers.flatMap((what) =>
      flags.map(([name], at) => {
        const rate = of(at, what, ({ cpuRate }) => cpuRate);
        const first = of(0, what, ({ cpuRate }) => cpuRate);
        return [what, name, of(at, what, ({ wallRate }) => wallRate), rate, first / rate];
      })
    ),
    notes: [
      `${megabytes} MB each, medians of ${rounds} runs in turns. ${engineFlag} is the program's.`,
      "CPU ratio: processor time of all threads against a run without flags.",
    ],
  };
}
