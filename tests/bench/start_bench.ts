/** How soon the program runs: packed and from source. */
import { engineFlag, permissionFlags } from "../../src/build/permissions.ts";
import type { Packed } from "./bench_host.ts";
import { childrenCpu, type Cost, costOf } from "./cpu_time.ts";
import { median, type Table } from "./table.ts";

const rounds = 7;
const root = new URL("../..", import.meta.url).pathname;

const commands: [string, string[]][] = [
  ["--version", ["--version"]],
  ["scan, until its input is refused", ["scan", "-f", "/dev/null"]],
];

async function cost(program: string, args: string[], env: Record<string, string>): Promise<Cost> {
  return await costOf(childrenCpu, async () => {
    await new Deno.Command(program, {
      args,
      env,
      cwd: root,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
  });
}

function fromSource(args: string[]): string[] {
  const flags = permissionFlags(args[0], args, {
    find: () => undefined,
    env: () => undefined,
  });
  return ["run", "--quiet", "--frozen", engineFlag, ...flags, "src/main.ts", ...args];
}

/** Measures starts; the first one of the packed file, which unpacks it, is among them. */
export async function measureStarts(packed: Packed, first: Cost): Promise<Table> {
  const rows: Table["rows"] = [["packed file", "first run, unpacks itself", first.wall, first.cpu]];
  for (const [name, args] of commands) {
    const costs: Record<string, Cost[]> = {};
    const ways: [string, () => Promise<Cost>][] = [
      ["packed file", () => cost(packed.path, args, { FILE_INTEGRITY_HOME: packed.home })],
      ["deno run src/main.ts", () => cost(Deno.execPath(), fromSource(args), {})],
      ["deno task start", () => cost(Deno.execPath(), ["task", "--quiet", "start", ...args], {})],
    ];
    for (let round = -1; round < rounds; round++) {
      for (const [way, run] of ways) {
        const one = await run();
        if (round >= 0) (costs[way] ??= []).push(one); // the first one fills caches
      }
    }
    for (const [way, all] of Object.entries(costs)) {
      rows.push([way, name, median(all.map(({ wall }) => wall)), median(all.map((c) => c.cpu))]);
    }
  }
  return {
    title: "Start",
    columns: [{ name: "program" }, { name: "what ran" }, { name: "wall s", digits: 3 }, {
      name: "CPU s",
      digits: 3,
    }],
    rows,
    notes: [
      `The packed file has ${(packed.size / 1e6).toFixed(1)} MB.`,
      `Medians of ${rounds} interleaved runs, the first run apart.`,
    ],
  };
}
