/**
 * `deno task bench`: what the program costs, on a made-up host of 31,000 files. Tables go to standard output (`--json`:
 * one JSON object), progress to standard error. Words on the command line choose parts: scan, resident, start, parse,
 * image, and, each on a test cluster of its own, api, product (operator and daemons on three nodes), scale (1,000 nodes)
 * and, only where it is named, scale-5000.
 */
import { pack } from "../../src/build/pack.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { measureApi } from "./api_bench.ts";
import { type BenchHost, defaultWorkers, idlePriority, type Packed } from "./bench_host.ts";
import { childrenCpu, costOf } from "./cpu_time.ts";
import { filePath, makeHostTree } from "./host_tree.ts";
import { measureImage } from "./image_bench.ts";
import { onTestCluster } from "./on_test_cluster.ts";
import { measureParsers } from "./parse_bench.ts";
import { measureProduct } from "./product_bench.ts";
import { measureResident } from "./resident_bench.ts";
import { measureScale } from "./scale_bench.ts";
import { measureScans, scanColumns, scanOnce, scanRows, stepTable } from "./scan_bench.ts";
import type { Rounds, ScanMeasures } from "./scan_bench.ts";
import { measureStarts } from "./start_bench.ts";
import { type Table, tableObject, tableText } from "./table.ts";

const started = performance.now();

function progress(what: string): void {
  const seconds = ((performance.now() - started) / 1000).toFixed(0).padStart(4);
  Deno.stderr.writeSync(new TextEncoder().encode(`${seconds} s  ${what}\n`));
}

const changedFiles = 1_000;

async function changeModes(root: string, mode: number): Promise<void> {
  for (let number = 0; number < changedFiles; number++) {
    await Deno.chmod(`${root}/${filePath(number * 30)}`, mode);
  }
}

async function scanTables(
  hosts: readonly BenchHost[],
  packed: Packed,
  idle: readonly string[],
  tree: string,
): Promise<Table[]> {
  const series: { name: string; measures: ScanMeasures }[] = [];
  const rows: Table["rows"] = [];
  for (const host of hosts) {
    const { version } = host.aide;
    const measure = async (
      expected: "Succeeded" | "Failed",
      rounds: Rounds,
      what: string,
    ): Promise<void> => {
      const measures = await measureScans({
        ...{ host, idle, packed, expected, rounds },
        once: expected === "Succeeded",
        normal: expected === "Succeeded" && host === hosts[0],
        progress: (text) => progress(`AIDE ${version}, ${what}: ${text}`),
      });
      series.push({ name: `${version}, ${what}`, measures });
      rows.push(...scanRows(version, what, measures));
    };
    if (host !== hosts[0]) {
      // 0.18 takes five times as long, most of it for reading its own database.
      await measure("Succeeded", { least: 2, most: 3, seconds: 40 }, "clean");
      continue;
    }
    await measure("Succeeded", { least: 5, most: 12, seconds: 100 }, "clean");
    await changeModes(host.root, 0o600);
    await measure("Failed", { least: 2, most: 5, seconds: 20 }, `${changedFiles} changes`);
    await changeModes(host.root, 0o644);
  }
  return [
    {
      title: "Scans against bare AIDE",
      columns: scanColumns,
      rows,
      notes: [
        tree,
        `${
          hosts[0]?.workers
        } AIDE workers, default policy, warm page cache. Bare AIDE gets the very same ` +
        "configuration, database and reports.",
        `AIDE runs at idle priority (${
          idle.slice(1).join(" ")
        }) in all rows that do not say otherwise, bare ` +
        "AIDE too: on shared cores that makes wall times as uneven as the load.",
        "Ratios and differences are to the bare run of the same round, then the median of all rounds; CPU is " +
        "user and system of all processes.",
        "`others` is how many cores everything else kept busy meanwhile.",
        "`scan --once` starts a process as well: see Start. The bar is 1.05 for a scan in a running process.",
      ],
    },
    stepTable(series),
  ];
}

async function conditions(idle: readonly string[]): Promise<string[]> {
  const cpu = /^model name\s*:\s*(.*)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const [load] = Deno.loadavg();
  const binaries = (await aideBinaries()).map(({ version }) => version).join(" and ");
  return [
    `${navigator.hardwareConcurrency} cores (${cpu}), ${
      (Deno.systemMemoryInfo().total / 1e9).toFixed(0)
    } GB of memory, Linux ${Deno.osRelease()}`,
    `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, AIDE ${binaries}`,
    `Load average at the start ${load?.toFixed(2)}`,
    ...(idle.length === 0 ? ["No chrt here: AIDE runs at normal priority"] : []),
  ];
}

const usual = [
  ...["scan", "resident", "start", "parse", "image", "api", "product", "scale"],
] as const;

/** How many nodes there are in each part that is about their number. */
const manyNodes = { "scale": 1_000, "scale-5000": 5_000 } as const;
const named = [...usual, "scale-5000"] as const;

async function bench(directory: string, chosen: ReadonlySet<string>): Promise<Table[]> {
  const tables: Table[] = [];
  const idle = await idlePriority();
  const packed: Packed = { path: `${directory}/packed`, home: `${directory}/home`, size: 0 };
  if (chosen.has("scan") || chosen.has("resident") || chosen.has("start")) {
    progress("packing");
    packed.size = (await pack(packed.path)).size;
    await Deno.mkdir(packed.home);
    const first = await costOf(childrenCpu, async () => {
      await new Deno.Command(packed.path, {
        args: ["--version"],
        env: { FILE_INTEGRITY_HOME: packed.home },
        stdout: "null",
      }).output();
    });
    if (chosen.has("start")) {
      progress("starts");
      tables.push(await measureStarts(packed, first));
    }
  }
  if (chosen.has("scan") || chosen.has("resident")) {
    progress("making the tree");
    const root = `${directory}/root`;
    const facts = await makeHostTree(root);
    const tree = `${facts.files} files, ${facts.entries} entries with directories and links, ` +
      `${
        (facts.bytes / 1e6).toFixed(0)
      } MB; file sizes: median ${facts.median} B, p90 ${facts.p90} B, largest ${facts.largest} B.`;
    const newest = (await aideBinaries()).toReversed();
    const hosts = newest.map((aide): BenchHost => ({
      ...{ aide, root, workers: defaultWorkers },
      state: `${directory}/state-${aide.version}`,
    }));
    for (const host of chosen.has("scan") ? hosts : hosts.slice(0, 1)) {
      progress(`AIDE ${host.aide.version}: baseline`);
      await scanOnce(packed, host, "Succeeded");
    }
    if (chosen.has("scan")) tables.unshift(...await scanTables(hosts, packed, idle, tree));
    if (chosen.has("resident") && hosts[0] !== undefined) {
      tables.push(
        ...await measureResident(packed, hosts[0], (what) => progress(`resident: ${what}`)),
      );
    }
  }
  if (chosen.has("parse")) {
    tables.push(await measureParsers((what) => progress(`parsers, ${what}`)));
  }
  if (chosen.has("image")) {
    tables.push(...await measureImage(directory, (what) => progress(`image, ${what}`)));
  }
  if (chosen.has("api")) {
    tables.push(...await measureApi((what) => progress(`API, ${what}`)));
  }
  if (chosen.has("product")) {
    progress("product, on a cluster of its own");
    tables.push(
      ...await onTestCluster((cluster) =>
        measureProduct(cluster, (what) => progress(`product, ${what}`))
      ),
    );
  }
  for (const [part, count] of Object.entries(manyNodes)) {
    if (!chosen.has(part)) continue;
    tables.push(
      await onTestCluster((cluster) =>
        measureScale(cluster, count, (what) => progress(`${part}, ${what}`))
      ),
    );
  }
  return tables;
}

async function main(): Promise<number> {
  const words = Deno.args.filter((word) => word !== "--json");
  const unknown = words.filter((word) => !(named as readonly string[]).includes(word));
  if (unknown.length > 0) {
    progress(`Unknown: ${unknown.join(" ")}. There are: --json ${named.join(" ")}`);
    return 64;
  }
  const directory = await Deno.makeTempDir({ prefix: "bench-" });
  const clean = (): void => Deno.removeSync(directory, { recursive: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      clean();
      Deno.exit(130);
    });
  }
  try {
    const facts = await conditions(await idlePriority());
    const tables = await bench(directory, new Set(words.length > 0 ? words : usual));
    const seconds = Math.round((performance.now() - started) / 1000);
    const text = Deno.args.includes("--json")
      ? JSON.stringify({ conditions: facts, seconds, tables: tables.map(tableObject) }, null, 2)
      : [...facts.map((fact) => `- ${fact}`), "", ...tables.map(tableText)].join("\n");
    await Deno.stdout.write(new TextEncoder().encode(text + "\n"));
    progress("done");
    return 0;
  } finally {
    clean();
  }
}

Deno.exit(await main());
