/** The status of a pod as its kubelet reports it. */
import type { ContainerState, PodCondition } from "kubernetes-types/core/v1.d.ts";
import type { MergePatch } from "../../src/kube/kube_api.ts";
import type { Container, Pod } from "./kinds.ts";
import { hostAddress } from "./pod_environment.ts";
import type { ContainerHealth } from "./readiness.ts";

/** The five phases of a pod, but for "Unknown". */
export type PodPhase = "Pending" | "Running" | "Succeeded" | "Failed";

/** What there is to say of a pod's container. */
export interface ContainerFacts {
  phase: PodPhase;
  /** Id of the container that runs or ran last. */
  id: string | undefined;
  restarts: number;
  health: ContainerHealth;
  state: ContainerState;
  lastState?: ContainerState;
  /** When the pod came to the node. */
  startTime: string;
  /** The pod's address; undefined where it has none yet. */
  address: string | undefined;
}

const ours = new Set(["PodReadyToStartContainers", "Initialized", "ContainersReady", "Ready"]);

function conditions(pod: Pod, { health, phase }: ContainerFacts, now: string): PodCondition[] {
  const before = pod.status?.conditions ?? [];
  const condition = (type: string, holds: boolean): PodCondition => {
    const status = holds ? "True" : "False";
    const known = before.find((one) => one.type === type && one.status === status);
    if (known !== undefined) return known;
    const completed = phase === "Succeeded" || phase === "Failed";
    const why = holds ? {} : { reason: completed ? "PodCompleted" : "ContainersNotReady" };
    return { type, status, lastTransitionTime: now as unknown as never, ...why };
  };
  return [
    ...before.filter(({ type }) => !ours.has(type)),
    condition("PodReadyToStartContainers", phase === "Running"),
    condition("Initialized", true),
    condition("ContainersReady", health.ready),
    condition("Ready", health.ready),
  ];
}

/** What a kubelet writes to the status of the pod, at the time `now`. */
export function podStatus(
  pod: Pod,
  { name, image }: Container,
  facts: ContainerFacts,
  now: string,
): MergePatch {
  const { phase, id, restarts, health, state, lastState, startTime, address } = facts;
  return {
    status: {
      phase,
      startTime,
      hostIP: hostAddress,
      hostIPs: [{ ip: hostAddress }],
      ...address !== undefined && { podIP: address, podIPs: [{ ip: address }] },
      conditions: conditions(pod, facts, now),
      containerStatuses: [{
        ...{ name, ...health, state, restartCount: restarts, lastState: lastState ?? {} },
        ...{ image: image ?? "", imageID: image ?? "" },
        ...id !== undefined && { containerID: `test://${id}` },
      }],
    },
  };
}
