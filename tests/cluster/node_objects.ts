/** Nodes and pods that stand for themselves alone: there is no kubelet. */

/** A Node or a pod, as far as this file looks at it. */
export interface NodeObject {
  apiVersion: "v1";
  kind: "Node" | "Pod";
  metadata: { name: string; namespace?: string };
  spec: Record<string, unknown>;
}

/** A Node that no pod is scheduled to, and that no label selects. */
export function emptyNode(name: string): NodeObject {
  return { apiVersion: "v1", kind: "Node", metadata: { name }, spec: { unschedulable: true } };
}

/** A pod of a ServiceAccount on a node, under a name of its own. */
export function podOf(
  serviceAccountName: string,
  namespace: string,
  nodeName: string,
): NodeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `${serviceAccountName}-${crypto.randomUUID().slice(0, 8)}`, namespace },
    spec: {
      ...{ nodeName, serviceAccountName },
      // A node without a kubelet is soon found to be unreachable.
      tolerations: [{ operator: "Exists" }],
      containers: [{ name: "a", image: "a" }],
    },
  };
}
