/** The operator from source, and the daemons with it, until a signal. */
import type { DevBundle } from "./dev_bundle.ts";
import type { DevNodes } from "./dev_nodes.ts";
import { sourceChanges } from "./source_changes.ts";
import type { SourceOperator } from "./source_operator.ts";

/** What runs, and what restarts it. */
export interface RunOptions {
  operator: SourceOperator;
  /** Undefined where there are no nodes. */
  daemons: { nodes: DevNodes; bundle: DevBundle } | undefined;
  watchDirectory: string;
  say(line: string): void;
  /** Called when it runs for the first time. */
  started(): void;
  signal: AbortSignal;
}

const message = (error: unknown): string => error instanceof Error ? error.message : String(error);

async function renew(
  { nodes, bundle }: NonNullable<RunOptions["daemons"]>,
  say: (line: string) => void,
): Promise<void> {
  try {
    await bundle.make();
  } catch (error) {
    say(`The daemons stay as they are, as the sources can't be bundled: ${message(error)}`);
    return;
  }
  try {
    say(`The daemons run the new sources: ${await nodes.renewPods()} pods are replaced`);
  } catch (error) {
    say(`The daemons' pods could not be replaced: ${message(error)}`);
  }
}

/** Runs the operator and restarts it, and the daemons, at every change of the sources; returns when the signal fires. */
export async function runFromSource(options: RunOptions): Promise<void> {
  const { operator, daemons, watchDirectory, say, started, signal } = options;
  const changes = sourceChanges(watchDirectory, signal);
  await operator.start();
  started();
  for await (const paths of changes) {
    const [first = "", ...others] = paths.map((path) => path.slice(path.lastIndexOf("/") + 1));
    const more = others.length === 0 ? "" : ` and ${others.length} more`;
    say(`${first}${more} changed: the operator is started again`);
    await Promise.all([operator.restart(), daemons && renew(daemons, say)]);
  }
}
