/** What to do next, for whoever started `deno task dev`. */
import { manifestNamespace } from "../cluster/manifests.ts";

/** What the guide names. */
export interface GuideFacts {
  kubeconfig: string;
  namespace: string;
  /** A directory that has kubectl, where `PATH` has none. */
  kubectl: string | undefined;
  /** Whether the cluster ends with this. */
  clusterEnds: boolean;
  /** Undefined where there are none. */
  nodes: { names: readonly string[]; hostRoot: string; logs: string } | undefined;
}

function change({ names, hostRoot, logs }: NonNullable<GuideFacts["nodes"]>): string {
  const [first = ""] = names;
  const status = `worker-fileintegrity-${first}`;
  return `
Each of ${
    names.join(", ")
  } becomes Succeeded. Change a file of ${first}: with its next scan it is Failed.

  echo "# integrity test" >> ${hostRoot}/etc/resolv.conf
  kubectl get events --field-selector reason=NodeIntegrityStatus
  kubectl describe configmap aide-ds-${status}-failed

Take that as the new normal, and it is Succeeded again:

  kubectl annotate fileintegrity worker-fileintegrity file-integrity.openshift.io/re-init=

The daemons' logs: ${logs}
A change below src restarts the operator and the daemons.`;
}

/** The guide, lines without an end. */
export function guide(
  { kubeconfig, namespace, kubectl, clusterEnds, nodes }: GuideFacts,
): string {
  const path = kubectl === undefined ? "" : ` PATH="$PATH:${kubectl}"`;
  const sample = namespace === manifestNamespace
    ? "  # or: manifests/samples/worker-fileintegrity.yaml, which waits a minute"
    : "";
  const none = "\nThere are no nodes. A change below src restarts the operator.";
  const cluster = clusterEnds
    ? 'also the cluster: one of "deno task cluster up" stays'
    : "but not the cluster";
  return `
It runs. In another terminal, in the directory of this repository:

  export KUBECONFIG=${kubeconfig}${path}
  kubectl apply -f tests/dev/fileintegrity.yaml${sample}
  kubectl get fileintegritynodestatuses -w
${nodes === undefined ? none : change(nodes)}
Ctrl-C ends it all, ${cluster}.
`;
}
