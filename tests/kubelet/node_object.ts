/** The Node objects of fake nodes. */
import type { NodeCondition, Taint } from "kubernetes-types/core/v1.d.ts";
import type { KubeClient } from "../../src/kube/kube_client.ts";
import { isKubeError } from "../../src/kube/kube_error.ts";
import { resources } from "../../src/kube/resource.ts";
import { hostAddress } from "./pod_environment.ts";

const { nodes } = resources;

/** What a test says of a Node. */
export interface NodeObjectSpec {
  name: string;
  labels?: Readonly<Record<string, string>>;
  annotations?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
}

function conditions(ready: boolean): NodeCondition[] {
  const now = new Date().toISOString() as unknown as never;
  const condition = (type: string, holds: boolean, reason: string): NodeCondition => ({
    ...{ type, status: holds ? "True" : "False", reason, message: reason },
    ...{ lastHeartbeatTime: now, lastTransitionTime: now },
  });
  return [
    condition("MemoryPressure", false, "KubeletHasSufficientMemory"),
    condition("DiskPressure", false, "KubeletHasNoDiskPressure"),
    condition("PIDPressure", false, "KubeletHasSufficientPID"),
    condition("Ready", ready, ready ? "KubeletReady" : "KubeletNotReady"),
  ];
}

/** Makes a Node as a kubelet registers it, Ready, with room for many pods. */
export async function addNode(client: KubeClient, spec: NodeObjectSpec): Promise<void> {
  const { name, labels, annotations, taints = [] } = spec;
  const room = { cpu: "64", memory: "256Gi", pods: "500" };
  await client.create(nodes, {
    apiVersion: nodes.apiVersion,
    kind: nodes.kind,
    metadata: {
      name,
      labels: {
        // A label holds no more than the beginning of a long name.
        ...{ "kubernetes.io/hostname": name.slice(0, 63).replace(/[.-]+$/, "") },
        "kubernetes.io/os": "linux",
        ...{ "kubernetes.io/arch": "amd64", ...labels },
      },
      ...annotations !== undefined && { annotations },
    },
    spec: { taints: [...taints] },
    status: {
      capacity: room,
      allocatable: room,
      conditions: conditions(true),
      addresses: [
        { type: "InternalIP", address: hostAddress },
        { type: "Hostname", address: name },
      ],
    },
  });
  // The API server taints every new Node as not ready; a controller would take that away a moment later.
  await client.mergePatch(nodes, { name }, { spec: { taints } });
}

/** Sets the Node's condition Ready. */
export async function setNodeReady(
  client: KubeClient,
  name: string,
  ready: boolean,
): Promise<void> {
  await client.mergePatch(nodes, { name }, { status: { conditions: conditions(ready) } }, {
    subresource: "status",
  });
}

/** Deletes a Node, where it is there. */
export async function dropNode(client: KubeClient, name: string): Promise<void> {
  await client.delete(nodes, { name }).catch((error) => {
    if (!isKubeError(error, "not-found")) throw error;
  });
}
