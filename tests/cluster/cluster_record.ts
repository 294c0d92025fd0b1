/** What is known of a cluster: `cluster.json` in its directory. */
import type { ClusterPorts } from "./components.ts";
import type { ProcessIdentity } from "./process_identity.ts";

/** A cluster, as its directory tells it. */
export interface ClusterRecord {
  name: string;
  /** When it was started, as in `2026-11-24T03:36:36Z`. */
  created: string;
  /** Of Kubernetes: "1.36.2". */
  version: string;
  /** Absent until they are found. */
  ports?: ClusterPorts;
  /** Whether it was ready once. */
  ready: boolean;
  /** Of a cluster of a test run: who ends it. When none of them runs, nobody does, and anybody may. */
  owners?: ProcessIdentity[];
}

const file = (home: string): string => `${home}/cluster.json`;

/** Reads the record of the cluster in `home`; nothing where there is none. */
export async function readRecord(home: string): Promise<ClusterRecord | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(file(home))) as ClusterRecord;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound || cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** Replaces the record of the cluster in `home`. */
export async function writeRecord(home: string, record: ClusterRecord): Promise<void> {
  const half = `${file(home)}.half`;
  await Deno.writeTextFile(half, `${JSON.stringify(record, null, 2)}\n`);
  await Deno.rename(half, file(home));
}
