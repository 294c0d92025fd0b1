import { ModelCluster, node } from "./model_cluster.ts";

/** Three nodes and a FileIntegrity that is new. */
export const three = (): ModelCluster =>
  new ModelCluster(["a", "b", "c"].map((name) => node(name)));

/** A cluster in which every node has reported that nothing changed. */
export function active(cluster = three()): ModelCluster {
  cluster.settle();
  cluster.allReport();
  cluster.settle();
  return cluster;
}

/** Sets annotations of the FileIntegrity as its user would; undefined takes one away. */
export const annotate = (cluster: ModelCluster, all: Record<string, string | undefined>): void => {
  const metadata = { ...cluster.fileIntegrity.metadata };
  metadata.annotations = { ...metadata.annotations };
  for (const [key, value] of Object.entries(all)) {
    if (value === undefined) delete metadata.annotations[key];
    else metadata.annotations[key] = value;
  }
  cluster.fileIntegrity = { ...cluster.fileIntegrity, metadata };
};
