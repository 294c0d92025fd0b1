/** The way through the documents on a cluster: which sections, in which order, and what happens between them. */

import { assert, assertEquals } from "@std/assert";
import type { UserDocument } from "../../docs/document.ts";
import type { DocumentedCluster } from "./documented_cluster.ts";

/** A section of a document, all blocks of which are followed. */
export interface Stop {
  document: UserDocument;
  section: string;
  /** What happens before, which the reader does not do. */
  before?(cluster: DocumentedCluster): Promise<void>;
  /** Looks at what the commands said, where the document can't show it. */
  after?(cluster: DocumentedCluster, said: readonly string[]): Promise<void>;
}

const fileIntegrity = "worker-fileintegrity";
const statusOf = (node: string): string => `${fileIntegrity}-${node}`;

/** Somebody changes a file of a node, and the next scan finds it. */
async function change(cluster: DocumentedCluster, node: string): Promise<void> {
  const path = `${cluster.nodes.hostRoot(node)}/etc/resolv.conf`;
  await Deno.writeTextFile(path, "# integrity test\n", { append: true });
  await cluster.untilResult(
    statusOf(node),
    "is Failed, by one change",
    ({ lastResult }) => lastResult?.condition === "Failed" && lastResult.filesChanged === 1,
  );
}

/** Nobody waits a quarter of an hour here. */
async function scanOften(cluster: DocumentedCluster): Promise<void> {
  const patch = JSON.stringify({ spec: { config: { gracePeriod: 10 } } });
  await cluster.kubectl(["patch", "fileintegrity", fileIntegrity, "--type=merge", "-p", patch]);
}

const manyFiles = 9_000;

async function longLog(cluster: DocumentedCluster): Promise<void> {
  const name = "long-name-".repeat(12);
  for (let at = 0; at < manyFiles; at++) {
    await Deno.writeTextFile(`${cluster.nodes.hostRoot("worker-1")}/etc/${name}${at}`, "");
  }
  await cluster.untilResult(
    statusOf("worker-1"),
    "has found all files",
    ({ lastResult }) => lastResult?.filesAdded === manyFiles,
  );
}

/** The whole log has come. */
function seesLongLog(_: DocumentedCluster, [log = ""]: readonly string[]): Promise<void> {
  assert(log.length > 1_048_576, `${log.length} bytes`);
  const files = log.split("\n").filter((line) => /^f\++: .*long-name-/.test(line));
  assertEquals(files.length, manyFiles);
  return Promise.resolve();
}

async function loseBaseline(cluster: DocumentedCluster): Promise<void> {
  const state = `${cluster.nodes.hostRoot("worker-3")}/var/lib/file-integrity/${fileIntegrity}`;
  await Deno.remove(`${state}/aide.db.gz`);
}

/** What follows is about one FileIntegrity alone. */
async function forgetPolicy(cluster: DocumentedCluster): Promise<void> {
  await cluster.kubectl(["delete", "fileintegrity/my-files", "configmap/my-policy"]);
  const left = ["get", "fins", "-l", "file-integrity.openshift.io/owner=my-files", "-o", "name"];
  await cluster.until("its results are gone", async () => await cluster.kubectl(left) === "");
}

/** The certificate that the reader made is in use. */
async function servesMetrics({ nodes }: DocumentedCluster): Promise<void> {
  await nodes.untilLogged(
    "file-integrity-operator",
    "that it serves metrics",
    ({ text }) => text.includes("Metrics are served on 8383 and 8585"),
  );
}

async function isGone(cluster: DocumentedCluster): Promise<void> {
  const kinds = "namespaces,customresourcedefinitions,clusterroles,clusterrolebindings";
  const { stdout } = await cluster.shell(`kubectl get ${kinds} -o name`);
  const left = stdout.split("\n").filter((name) => /file-?integrit/.test(name));
  // The reader's own, for another account.
  assertEquals(left, ["clusterrolebinding.rbac.authorization.k8s.io/prometheus-file-integrity"]);
}

const api = (section: string, more: Partial<Stop> = {}): Stop => ({
  document: "crds/README.md",
  section,
  ...more,
});

const manifests = (section: string, more: Partial<Stop> = {}): Stop => ({
  ...{ document: "manifests/README.md", section, ...more },
});
const monitoring = (section: string, more: Partial<Stop> = {}): Stop => ({
  ...{ document: "manifests/monitoring/README.md", section, ...more },
});

/** The FileIntegrity goes; another document has one of the same name. */
async function anew(cluster: DocumentedCluster): Promise<void> {
  await cluster.kubectl(["delete", "fileintegrity", fileIntegrity, "--cascade=foreground"]);
}

/** prometheus-operator comes. */
async function definePrometheus(cluster: DocumentedCluster): Promise<void> {
  const samples = new URL("../../samples/prometheus-operator", import.meta.url).pathname;
  await cluster.kubectl(["create", "-f", samples]);
}

/** All stops, in order. */
export const tour: readonly Stop[] = [
  manifests("Plain Kubernetes"),
  manifests("OLM"),
  manifests("Another image, another namespace"),
  { document: "README.md", section: "On a cluster", after: anew },
  {
    ...{ document: "README.md", section: "See it run on one machine" },
    before: async (cluster) =>
      void await cluster.shell(
        "kubectl config set-context --current --namespace=openshift-file-integrity",
      ),
    after: anew,
  },
  api("FileIntegrity and FileIntegrityNodeStatus"),
  api("A FileIntegrity", { after: scanOften }),
  api("Which nodes"),
  api("A policy of your own", { after: forgetPolicy }),
  api("New baselines", { before: (cluster) => change(cluster, "worker-1") }),
  api("Holding scans"),
  api("Updates of nodes"),
  api("Results", { before: (cluster) => change(cluster, "worker-1") }),
  api("Conditions"),
  api("Events"),
  api("Annotations and labels that are not yours"),
  // It reads the log of one change, and the next block that of thousands.
  api("Logs"),
  api("A log in several parts", { before: longLog, after: seesLongLog }),
  api("Troubleshooting"),
  api("Errors", { before: loseBaseline }),
  monitoring("How it is scraped", { before: definePrometheus }),
  monitoring("Dashboard"),
  manifests("A certificate for metrics", { after: servesMetrics }),
  manifests("Permissions"),
  manifests("Upgrade"),
  manifests("Uninstall", { after: isGone }),
];
