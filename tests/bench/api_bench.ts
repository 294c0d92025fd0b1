/** The transport beside @kubernetes/client-node on a test cluster, and the memory of a cache. */
import { engineFlag } from "../../src/build/permissions.ts";
import type { TestCluster, TestNamespace } from "../cluster/test_cluster.ts";
import { onTestCluster } from "./on_test_cluster.ts";
import { median, type Table } from "./table.ts";

const root = new URL("../..", import.meta.url).pathname;
const lanes = 32;
const rounds = 3;
const secondsEach = 4;

/** What `api_load_program.ts` prints. */
interface Load {
  started: number;
  idle: number;
  get: number;
  getMany: number;
  patch: number;
  patchMany: number;
  after: number;
}

async function runProgram<R>(name: string, flags: string[], args: string[]): Promise<R> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--frozen", "--quiet", ...flags, `${root}tests/bench/${name}`, ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${name} ${args[0]} failed`);
  return JSON.parse(new TextDecoder().decode(stdout)) as R;
}

async function makeConfigMaps(cluster: TestCluster, { name }: TestNamespace): Promise<void> {
  const items = Array.from({ length: lanes }, (_, lane) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `load-${lane}` },
    data: { key: "value" },
  }));
  const { code, stderr } = await cluster.kubectl(["create", "-f", "-"], {
    as: "operator",
    namespace: name,
    stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  });
  if (code !== 0) throw new Error(`Cannot make the ConfigMaps to load: ${stderr}`);
}

const variants = [
  { client: "transport", engine: "as the product runs", flags: [engineFlag] },
  { client: "transport", engine: "default", flags: [] },
  { client: "client-node", engine: "as the product runs", flags: [engineFlag] },
  { client: "client-node", engine: "default", flags: [] },
];

async function loadTable(
  cluster: TestCluster,
  namespace: TestNamespace,
  progress: (what: string) => void,
): Promise<Table> {
  await makeConfigMaps(cluster, namespace);
  const credentials = await namespace.credentials("operator");
  const seen = new Map<typeof variants[number], Load[]>(variants.map((variant) => [variant, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [variant, loads] of seen) {
      const { client, engine, flags } = variant;
      progress(`round ${round} of ${rounds}: ${client}, V8 ${engine}`);
      const args = [client, credentials, cluster.server, namespace.name, String(secondsEach)];
      loads.push(await runProgram<Load>("api_load_program.ts", flags, args));
    }
  }
  const rows = [...seen].map(([{ client, engine }, loads]) => {
    const middle = (figure: keyof Load): number => median(loads.map((load) => load[figure]));
    return [
      ...[client, engine],
      ...[middle("get"), middle("getMany"), middle("patch"), middle("patchMany")],
      ...[middle("idle"), middle("after")],
    ];
  });
  return {
    title: "Calls a second, and memory (MB)",
    columns: [
      ...[{ name: "client" }, { name: "V8" }],
      ...[{ name: "GET x1" }, { name: `GET x${lanes}` }],
      ...[{ name: "PATCH x1" }, { name: `PATCH x${lanes}` }],
      ...[{ name: "after 100 calls" }, { name: "at the end" }],
    ],
    rows,
    notes: [
      `Medians of ${rounds} rounds in one run, the clients in turn, ${secondsEach} s for each kind of load; x${lanes} ` +
      `is ${lanes} calls at once, each on its own ConfigMap.`,
      "The API server shares the cores with the client, so the figures are to be read beside each other.",
      "Run from source; client-node 2.0.1 as its documentation has it. The operator's ServiceAccount calls.",
    ],
  };
}

interface Memory {
  rss: number;
  heap: number;
}

/** What `cache_memory_program.ts` prints, in MB. */
interface CacheMemory {
  objects: number;
  before: Memory;
  filled: Memory;
  replaced: Memory;
}

async function cacheTable(progress: (what: string) => void): Promise<Table> {
  const rows: Table["rows"] = [];
  for (
    const [keeping, what] of [["operator", "what an operator reads"], [
      "all",
      "everything",
    ]] as const
  ) {
    progress(`a cache of 5,000 node statuses that keeps ${what}`);
    const { objects, before, filled, replaced } = await runProgram<CacheMemory>(
      "cache_memory_program.ts",
      [`${engineFlag},--expose-gc`],
      ["5000", keeping],
    );
    rows.push([
      ...[objects, what, before.rss, filled.rss, replaced.rss],
      ...[before.heap, filled.heap, replaced.heap],
    ]);
  }
  const digits = 1;
  return {
    title: "Memory of a cache of node statuses (MB)",
    columns: [
      ...[{ name: "objects" }, { name: "keeps" }, { name: "resident before", digits }],
      ...[{ name: "with it", digits }, { name: "after a re-list", digits }],
      ...[{ name: "heap before", digits }, { name: "heap with it", digits }],
      { name: "heap after a re-list", digits },
    ],
    rows,
    notes: [
      "In a process of its own, run from source; 5 % of the nodes have failed, with 20 changes each.",
    ],
  };
}

/** Starts a cluster, measures on it, and ends it. */
export async function measureApi(progress: (what: string) => void): Promise<Table[]> {
  progress("starting a cluster");
  return await onTestCluster(async (cluster) => {
    await using namespace = await cluster.namespace("bench");
    return [
      await loadTable(cluster, namespace, progress),
      await cacheTable(progress),
    ];
  });
}
