/** The whole product on three nodes of a test cluster: from the first apply to Active, and what it costs while idle. */
import type { Baseline, LastResult } from "../../src/api/node_status.ts";
import type { TestCluster } from "../cluster/test_cluster.ts";
import { Installation } from "../integration/product/installation.ts";
import { activityBetween, activityOf, memoryOf } from "./process_facts.ts";
import { median, type Table } from "./table.ts";

const idleSeconds = 60;

/** Moments of the way to Active, in milliseconds since 1970. */
type Moments = Record<string, number>;

const time = (text: unknown): number => Date.parse(String(text));

/** The last of some moments; NaN of none. */
const last = (times: readonly number[]): number => times.length === 0 ? NaN : Math.max(...times);

/** When things happened, from the audit log and the daemons' own lines; of several nodes the last one counts. */
async function moments(product: Installation, applied: number): Promise<Moments> {
  const lines = (await Deno.readTextFile(product.cluster.auditLog)).trimEnd().split("\n")
    .map((line) => JSON.parse(line))
    .filter(({ stage, objectRef }) =>
      stage === "ResponseComplete" && objectRef?.namespace === product.namespace.name
    );
  const when = (verb: string, resource: string, subresource?: string): number =>
    last(
      lines.filter((one) =>
        one.verb === verb && one.objectRef.resource === resource &&
        one.objectRef.subresource === subresource && time(one.stageTimestamp) >= applied
      ).map((one) => time(one.stageTimestamp)),
    );
  const said = (pattern: RegExp): number =>
    last(
      product.nodes.logLines("aide-").filter(({ text }) => pattern.test(text))
        .map(({ entry }) => time(entry?.time)),
    );
  return {
    "DaemonSet made": when("create", "daemonsets"),
    "pods bound": when("create", "pods", "binding"),
    "daemons started": said(/"message":"Daemon /),
    "baselines taken": said(/"message":"New baseline /),
  };
}

/** How long the baseline itself took on the slowest node, in seconds. */
async function baselineSeconds(product: Installation): Promise<number> {
  const all = await Promise.all(product.workers.map((node) => product.status("bench", node)));
  return Math.max(...all.map((status) => status?.lastResult?.scan?.durationSeconds ?? NaN));
}

/** Measures the way to Active, and what is idle afterwards; `name` is the AIDE version. */
export async function measureProduct(cluster: TestCluster): Promise<Table[]> {
  await using product = await Installation.start(cluster);
  const { end: from } = await product.calls();
  const applied = Date.now();
  await product.apply("bench", { config: { gracePeriod: 900 } });
  const { status } = await product.untilPhase("bench", "Active");
  const active = Date.now();
  const first: (LastResult & { baseline?: Baseline })[] = [];
  for (const node of product.workers) {
    const { lastResult } = await product.untilResult("bench", node, "Succeeded");
    if (lastResult !== undefined) first.push(lastResult);
  }
  const baseline = await baselineSeconds(product);
  const steps = await moments(product, applied);
  const { calls } = await product.calls(from);
  const published = Math.max(
    ...calls.filter(({ account, verb }) => account === "daemon" && verb === "patch")
      .map((call) => time(call.time)),
  );
  const rows: Table["rows"] = [...Object.entries(steps), ["first results published", published], [
    "Active seen",
    active,
  ]].map(([what, at]) => [String(what), (Number(at) - applied) / 1000]);

  const pods = ["file-integrity-operator", "aide-bench"].flatMap((prefix) =>
    product.nodes.containers(prefix)
  );
  const before = await Promise.all(pods.map(({ pid }) => activityOf(pid)));
  const { end: idleFrom } = await product.calls();
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const idle = await Promise.all(pods.map(async ({ pid, pod }, at) => {
    const spent = activityBetween(before[at] ?? new Map(), await activityOf(pid));
    const memory = await memoryOf(pid);
    return { operator: pod.startsWith("file-integrity-operator"), ...memory, ...spent };
  }));
  const { calls: idleCalls } = await product.calls(idleFrom);
  const row = (what: string, operator: boolean): Table["rows"][number] => {
    const some = idle.filter((one) => one.operator === operator);
    const middle = (of: (one: typeof idle[number]) => number): number => median(some.map(of));
    const account = operator ? "operator" : "daemon";
    const writes = idleCalls.filter((call) =>
      call.account === account && !["get", "list", "watch"].includes(call.verb)
    );
    return [
      what,
      ...[middle(({ rss }) => rss), middle(({ anonymous }) => anonymous)],
      ...[
        middle(({ wakeups }) => wakeups / idleSeconds),
        middle(({ cpu }) => 1000 * cpu / idleSeconds),
      ],
      writes.length / some.length,
    ];
  };
  const load = Deno.loadavg().map((one) => one.toFixed(1)).join(", ");
  return [
    {
      title: "From apply to Active on three nodes",
      columns: [{ name: "what" }, { name: "after (s)", digits: 2 }],
      rows,
      notes: [
        `The slowest baseline took ${baseline} s by itself: the bar is that and 2 s. The Go operator: 902 s.`,
        `gracePeriod 900, ${first.length} nodes, ${status?.nodes?.succeeded} Succeeded; load averages ${load}.`,
        "Of each step the last node counts. The containers are processes that the test kubelet starts.",
      ],
    },
    {
      title: `Idle for ${idleSeconds} s, three nodes`,
      columns: [
        { name: "what" },
        ...[{ name: "resident (MB)", digits: 1 }, { name: "of it anonymous", digits: 1 }],
        ...[{ name: "wake-ups a second", digits: 2 }, { name: "CPU (ms a second)", digits: 2 }],
        { name: "writes" },
      ],
      rows: [row("operator", true), row("daemon (median)", false)],
      notes: [
        "The bundle with a warm code cache; writes are those of one process in that time.",
        "The Go operator: 51.4 MiB and 54 wake-ups a second, its daemon 39.9 MiB and 15.",
      ],
    },
  ];
}
