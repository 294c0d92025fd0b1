import { assertEquals } from "@std/assert";
import type { LastResult } from "../../src/api/node_status.ts";
import { logReport } from "../../src/operator/log_report.ts";
import type { ObservedNodeStatus } from "../../src/plan/observed.ts";
import { CollectedLog } from "../daemon/collected_log.ts";

const fileIntegrity = "ns/worker";

function status(more: Partial<ObservedNodeStatus> = {}): ObservedNodeStatus {
  return { metadata: { name: "worker-a" }, nodeName: "a", ...more };
}

function result(more: Partial<LastResult> = {}): LastResult {
  const scan = {
    ...{ start: "2026-05-04T11:59:58Z", durationSeconds: 2.5, entries: 31_000 },
    ...{ configDigest: "sha256:1", aideVersion: "0.19.1", scope: "full" as const },
  };
  return { condition: "Succeeded", lastProbeTime: "2026-05-04T12:00:00Z", scan, ...more };
}

const failed = (digest: string, lastProbeTime = "2026-05-04T12:00:00Z"): LastResult =>
  result({
    ...{ condition: "Failed", lastProbeTime, resultConfigMapName: "aide-ds-worker-a-failed" },
    changes: { added: 1, changed: 2, removed: 3, digest, truncated: false, items: [] },
  });

const errored = (errorMessage: string, errorReason: "disk-full" | "killed"): LastResult =>
  result({ condition: "Errored", errorMessage, errorReason });

const baseline = (digest: string): NonNullable<ObservedNodeStatus["baseline"]> => ({
  ...{ digest, configDigest: "sha256:1", entries: 31_000, aideVersion: "0.19.1" },
  ...{ created: "2026-05-04T11:59:58Z", reason: "requested" as const },
});

async function logged(
  after: ObservedNodeStatus,
  before: ObservedNodeStatus | undefined,
): Promise<CollectedLog> {
  const log = await CollectedLog.make();
  logReport(log.logger, fileIntegrity, after, before);
  return log;
}

async function said(
  after: ObservedNodeStatus,
  before: ObservedNodeStatus | undefined,
): Promise<string> {
  return (await logged(after, before)).toString();
}

const scanned = (lastResult: LastResult): ObservedNodeStatus => status({ lastResult });

Deno.test("a verdict that is another than before is told, and loudly where it is not Succeeded", async () => {
  const good = scanned(result());
  const bad = scanned(failed("sha256:a"));
  const none = scanned(errored("the disk is full", "disk-full"));
  const words = {
    good: "info Succeeded: 31000 entries in 2.5 s on node a for ns/worker",
    bad: "warning Failed: 1 added, 2 changed, 3 removed on node a for ns/worker",
    none: "warning Errored (disk-full) on node a for ns/worker: the disk is full",
  };
  assertEquals(await said(good, status()), words.good); // the first one
  assertEquals(await said(bad, good), words.bad);
  assertEquals(await said(none, bad), words.none);
  assertEquals(await said(good, none), words.good);
  assertEquals(await said(bad, status()), words.bad);
  assertEquals(
    await said(scanned(errored("killed", "killed")), none),
    [
      "warning Errored (killed) on node a for ns/worker: killed",
    ].join(),
  );
});

Deno.test("changes that are others than before are news, the same ones are not", async () => {
  const before = scanned(failed("sha256:a"));
  const line = "Failed: 1 added, 2 changed, 3 removed on node a for ns/worker";
  assertEquals(await said(scanned(failed("sha256:b")), before), `warning ${line}`);
  assertEquals(
    await said(scanned(failed("sha256:a", "2026-05-04T12:15:00Z")), before),
    `debug ${line}`,
  );
});

Deno.test("a scan that says the same again is for debugging", async () => {
  const later = result({ lastProbeTime: "2026-05-04T12:15:00Z" });
  assertEquals(
    await said(scanned(later), scanned(result())),
    "debug Succeeded: 31000 entries in 2.5 s on node a for ns/worker",
  );
  const again = errored("full, with other words", "disk-full");
  assertEquals(
    await said(scanned(again), scanned(errored("the disk is full", "disk-full"))),
    "debug Errored (disk-full) on node a for ns/worker: full, with other words",
  );
});

Deno.test("a new baseline is told once, with what it absorbed", async () => {
  const after = status({ lastResult: result(), baseline: baseline("sha256:n") });
  assertEquals(
    await said(after, status()),
    "info New baseline (requested) on node a for ns/worker: 31000 entries, sha256:n",
  );
  const absorbed = { added: 0, changed: 1, removed: 0 };
  const log = await logged(
    { ...after, baseline: { ...baseline("sha256:n"), absorbed } },
    status({ lastResult: failed("sha256:a"), baseline: baseline("sha256:o") }),
  );
  assertEquals(
    `${log}`,
    "info New baseline (requested) on node a for ns/worker: 31000 entries, sha256:n; it absorbed 0 added, 1 changed, 0 removed",
  );
  assertEquals(await said(after, after), "");
});

Deno.test("a new baseline of which nobody knows what it absorbed says why, and counts nothing", async () => {
  const after = status({ lastResult: result(), baseline: baseline("sha256:n") });
  const line = (absorbed: { added: number; changed: number; removed: number; note: string }) =>
    said({ ...after, baseline: { ...baseline("sha256:n"), absorbed } }, status());
  const none = { added: 0, changed: 0, removed: 0, note: "Baseline lost: {it} is missing" };
  const of = "info New baseline (requested) on node a for ns/worker: 31000 entries, sha256:n";
  assertEquals(await line(none), `${of}; Baseline lost: {it} is missing`);
  assertEquals(
    await line({ ...none, changed: 1, note: "The log could not be kept" }),
    `${of}; it absorbed 0 added, 1 changed, 0 removed; The log could not be kept`,
  );
});

Deno.test("what is not a report is not told: notes, a status without a scan, the first look of an operator", async () => {
  const before = scanned(failed("sha256:a"));
  const noted = { ...before, metadata: { ...before.metadata, annotations: { told: "x" } } };
  assertEquals(await said(noted, before), "");
  assertEquals(await said(status(), undefined), "");
  assertEquals(await said(status({ metadata: { name: "b" } }), status()), "");
  assertEquals(await said(before, undefined), "");
});

Deno.test("a line has the fields that a log is searched by", async () => {
  const log = await logged(scanned(failed("sha256:b")), scanned(result()));
  const { counts: _, ...fields } = log.lines[0]?.properties ?? {};
  assertEquals(fields, {
    ...{ node: "a", fileIntegrity, condition: "Failed", changesDigest: "sha256:b" },
    ...{ added: 1, changed: 2, removed: 3, unverified: 0 },
    ...{ entries: 31_000, durationSeconds: 2.5, scope: "full" },
    configMap: "aide-ds-worker-a-failed",
  });
  const faulty = scanned({
    ...errored("unreadable", "killed"),
    unverified: { total: 7, items: [] },
  });
  const errors = (await logged(faulty, status())).lines[0]?.properties ?? {};
  assertEquals(
    [errors.condition, errors.errorReason, errors.unverified, errors.added],
    ["Errored", "killed", 7, undefined],
  );
  // As another operator wrote it.
  const old = scanned({
    condition: "Failed",
    lastProbeTime: "2026-05-04T12:00:00Z",
    filesChanged: 4,
  });
  const { added, changed, removed } = (await logged(old, status())).lines[0]?.properties ?? {};
  assertEquals([added, changed, removed], [0, 4, 0]);
});
