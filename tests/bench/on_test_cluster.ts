import { untilInterrupted } from "../cluster/interruption.ts";
import { openCluster, type TestCluster } from "../cluster/test_cluster.ts";
import { TestRun } from "../cluster/test_run.ts";

/** Measures on a cluster that is started for it, and ended after it. */
export async function onTestCluster<R>(measure: (cluster: TestCluster) => Promise<R>): Promise<R> {
  await using run = await TestRun.begin();
  using interrupted = untilInterrupted();
  return await measure(await openCluster(await run.startCluster(interrupted.signal)));
}
