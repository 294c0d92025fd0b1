/** What a kubelet does for one pod, from its start to its removal from the API. */
import type { ContainerState, ContainerStatus } from "kubernetes-types/core/v1.d.ts";
import { isKubeError } from "../../src/kube/kube_error.ts";
import { type Changes, pause } from "./changes.ts";
import type { Container, ContainerEnd } from "./container.ts";
import type { ContainerLogs } from "./container_logs.ts";
import type { NodeMaps } from "./followed_maps.ts";
import { type Container as ContainerSpec, type Pod, pods } from "./kinds.ts";
import type { KubeletApi } from "./kubelet_api.ts";
import { NotSupported, onlyContainer } from "./not_supported.ts";
import { PodAddress } from "./pod_address.ts";
import { hostAddress, type ServerAddress } from "./pod_environment.ts";
import { type ContainerFacts, podStatus } from "./pod_status.ts";
import { PodVolumes } from "./pod_volumes.ts";
import type { ProgramImage } from "./program_image.ts";
import { type ProbePlan, probePlans } from "./probe_plan.ts";
import { type ContainerHealth, ContainerProbes, type ProbeFailure } from "./readiness.ts";
import { startContainer } from "./start_container.ts";

/** What the pods of a node have in common. */
export interface WorkerSurroundings {
  node: string;
  api: KubeletApi;
  maps: NodeMaps;
  image: ProgramImage;
  logs: ContainerLogs;
  changes: Changes;
  hostRoot: string;
  /** Where the pods' own directories are. */
  directory: string;
  /** Milliseconds until a container that ended is started again, twice as many each time. */
  restartPause: number;
  server(): ServerAddress;
  /** Told of everything that keeps a pod from running. */
  onError(error: unknown): void;
  /** Told of every answer to a probe that is a failure. */
  onProbeFailure(failure: ProbeFailure): void;
}

/** Why a pod ends: as its deletion asks for; because it is out of the API already; because the kubelet stops. */
type Ending = "deleted" | "gone" | "stopped";

const longestRestartPause = 10_000;
const retryPause = 200;

const notRunning: ContainerHealth = { started: false, ready: false };

const waiting = (reason: string, message: string): ContainerState => ({
  waiting: { reason, message },
});

function terminated(container: Container, { exitCode, finishedAt }: ContainerEnd): ContainerState {
  const reason = exitCode === 0 ? "Completed" : "Error";
  const { startedAt, id } = container;
  const times = { startedAt, finishedAt } as object; // as text, which the types do not know
  return { terminated: { exitCode, reason, containerID: `test://${id}`, ...times } };
}

/** A pod on a node whose kubelet runs. */
export class PodWorker {
  /** Resolves when nothing of the pod is left on the node. */
  readonly done: Promise<void>;
  readonly #with: WorkerSurroundings;
  readonly #startTime: string;
  readonly #asked = Promise.withResolvers<void>();
  readonly #atOnce = Promise.withResolvers<void>();
  #how: Ending | undefined;
  #pod: Pod;
  #container: Container | undefined;
  #volumes: PodVolumes | undefined;
  #claim: PodAddress | undefined;
  #restarts = 0;
  #lastState: ContainerState | undefined;
  #told = "";

  constructor(pod: Pod, surroundings: WorkerSurroundings) {
    this.#pod = pod;
    this.#with = surroundings;
    this.#startTime = String(pod.status?.startTime ?? new Date().toISOString());
    this.#resume(pod.status?.containerStatuses?.[0]);
    this.update(pod);
    this.done = this.#run();
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** The container that runs. */
  get container(): Container | undefined {
    return this.#container;
  }

  /** The pod's address, from before its first container starts. */
  get address(): string | undefined {
    return this.#pod.spec?.hostNetwork ? hostAddress : this.#claim?.ip;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** The pod is so now. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) this.#end("deleted");
  }

  /** Ends the pod at once, without a word to the API server. */
  end(how: "gone" | "stopped"): void {
    this.#end(how);
  }

  /** Replaces the tokens of its volumes by new ones. */
  async renewTokens(): Promise<void> {
    await this.#volumes?.renewTokens();
  }

  #end(how: Ending): void {
    if (this.#how !== undefined && how === "deleted") return;
    this.#how = how;
    this.#asked.resolve();
    if (how !== "deleted") this.#atOnce.resolve();
  }

  get #silent(): boolean {
    return this.#how === "gone" || this.#how === "stopped";
  }

  /** Takes up what another run of the kubelet left: its containers have ended with it. */
  #resume(status: ContainerStatus | undefined): void {
    if (status?.containerID === undefined) return;
    this.#restarts = status.restartCount + 1;
    const { running } = status.state ?? {};
    const { startedAt } = running ?? {};
    this.#lastState = running === undefined ? status.lastState : {
      terminated: {
        ...{ exitCode: 137, reason: "Unknown", containerID: status.containerID },
        ...startedAt !== undefined && { startedAt },
      },
    };
  }

  async #run(): Promise<void> {
    const directory = `${this.#with.directory}/${this.#pod.metadata.uid}`;
    try {
      const { phase } = this.#pod.status ?? {};
      if (phase !== "Succeeded" && phase !== "Failed") await this.#live(directory);
      await this.#asked.promise;
      if (this.#how === "deleted") {
        await this.#attempt(() => this.#with.api.removePod(this.#pod), this.#atOnce.promise);
      }
    } catch (error) {
      if (!this.#silent) this.#with.onError(error);
      await this.#asked.promise;
    } finally {
      this.#claim?.[Symbol.dispose]();
      await this.#volumes?.close();
      await Deno.remove(directory, { recursive: true }).catch(() => {}); // none was made
      this.#with.changes.tell();
    }
  }

  /** Runs the pod's containers one after the other, until it is to end or its program is through. */
  async #live(directory: string): Promise<void> {
    const spec = onlyContainer(this.#pod);
    const { node, api, maps, image, logs, hostRoot, onError, server } = this.#with;
    if (!this.#pod.spec?.hostNetwork) this.#claim = PodAddress.claim();
    const { address = hostAddress } = this;
    const plans = probePlans(spec, address);
    const volumes = await this.#persist(
      spec,
      () => PodVolumes.make(this.#pod, { api, maps, hostRoot, directory, onError }),
    );
    this.#volumes = volumes;
    if (volumes === undefined) return;
    for (let ended = 0; this.#how === undefined; ended++) {
      const container = await this.#persist(spec, () =>
        startContainer({
          ...{ node, image, logs, volumes, directory, spec, pod: this.#pod },
          ...{ restarts: this.#restarts, network: { address, server: server() } },
        }));
      if (container === undefined) return;
      this.#container = container;
      this.#with.changes.tell();
      const end = await this.#attend(spec, container, plans);
      this.#container = undefined;
      this.#with.changes.tell();
      if (!await this.#ended(spec, terminated(container, end), end.exitCode)) return;
      await pause(
        Math.min(this.#with.restartPause * 2 ** ended, longestRestartPause),
        this.#asked.promise,
      );
      this.#restarts++;
    }
  }

  /** Asks what a container's probes ask until it has ended, by itself or because it had to. */
  async #attend(
    spec: ContainerSpec,
    container: Container,
    plans: readonly ProbePlan[],
  ): Promise<ContainerEnd> {
    const { node, onProbeFailure } = this.#with;
    const { name: pod, namespace = "" } = this.#pod.metadata;
    const restart = this.#restarts;
    await using probes = new ContainerProbes(
      plans,
      (failure) => onProbeFailure({ node, namespace, pod, restart, ...failure }),
    );
    const tell = async (): Promise<void> => {
      const startedAt = container.startedAt as unknown as never;
      do {
        const { changed, health } = probes;
        await this.#report(spec, "Running", { running: { startedAt } }, health);
        await Promise.race([container.ended, changed]);
      } while (container.running);
    };
    const untilEnd = async (): Promise<ContainerEnd> => {
      const asked = this.#asked.promise;
      const over = await Promise.race([container.ended, probes.hopeless, asked]);
      probes.ending();
      if (over !== undefined && "exitCode" in over) return over;
      return over === undefined ? this.#stop(container) : this.#giveUp(container, over);
    };
    const [end] = await Promise.all([untilEnd(), tell()]);
    return end;
  }

  /** Ends a container that failed a probe, so that another one takes its place. */
  async #giveUp(container: Container, { grace }: ProbePlan): Promise<ContainerEnd> {
    const { terminationGracePeriodSeconds: seconds = 30 } = this.#pod.spec ?? {};
    container.kill("SIGTERM");
    const over = Promise.race([container.ended, this.#asked.promise]);
    await pause(grace ?? seconds * 1_000, over);
    if (this.#how !== undefined) return await this.#stop(container);
    container.kill("SIGKILL");
    return await container.ended;
  }

  /** Ends a container as the pod's end asks for. */
  async #stop(container: Container): Promise<ContainerEnd> {
    if (this.#how === "deleted") {
      container.kill("SIGTERM");
      const { deletionGracePeriodSeconds: grace = 30 } = this.#pod.metadata;
      await pause(grace * 1_000, Promise.race([container.ended, this.#atOnce.promise]));
    }
    container.kill("SIGKILL");
    return await container.ended;
  }

  /** Says that a container ended; false where none is to follow it. */
  async #ended(spec: ContainerSpec, state: ContainerState, exitCode: number): Promise<boolean> {
    const { restartPolicy = "Always" } = this.#pod.spec ?? {};
    const again = this.#how === undefined &&
      (restartPolicy === "Always" || restartPolicy === "OnFailure" && exitCode !== 0);
    if (again) {
      this.#lastState = state;
      await this.#report(
        spec,
        "Running",
        waiting("CrashLoopBackOff", `The program ended with ${exitCode}`),
      );
    } else {
      const phase = exitCode === 0 ? "Succeeded" : "Failed";
      const over = restartPolicy === "Always" ? "Running" : phase;
      await this.#report(spec, over, state);
    }
    return again;
  }

  async #report(
    spec: ContainerSpec,
    phase: ContainerFacts["phase"],
    state: ContainerState,
    health = notRunning,
  ): Promise<void> {
    const { name, namespace = "" } = this.#pod.metadata;
    await this.#attempt(async () => {
      const patch = podStatus(this.#pod, spec, {
        ...{ phase, state, restarts: this.#restarts, startTime: this.#startTime },
        id: this.#container?.id,
        ...{ health, address: this.address },
        ...this.#lastState !== undefined && { lastState: this.#lastState },
      }, new Date().toISOString());
      const { client } = this.#with.api;
      try {
        const written = await client.mergePatch(pods, { name, namespace }, {
          metadata: { uid: this.#pod.metadata.uid },
          ...patch,
        }, { subresource: "status" });
        if (written.metadata.uid === this.#pod.metadata.uid) this.update(written);
      } catch (error) {
        // The pod is gone, or another one has its name.
        if (!isKubeError(error, "not-found") && !isKubeError(error, "conflict")) throw error;
      }
    }, this.#atOnce.promise);
    this.#with.changes.tell();
  }

  /** Does something until it works; undefined where the pod is to end before, which `over` tells. */
  async #attempt<T>(
    make: () => Promise<T>,
    over: Promise<void>,
    failed: (error: Error) => void | Promise<void> = () => {},
  ): Promise<T | undefined> {
    let ended = this.#silent;
    void over.then(() => ended = true);
    while (!ended) {
      try {
        return await make();
      } catch (error) {
        if (error instanceof NotSupported || !(error instanceof Error)) throw error;
        if (!this.#silent) this.#with.onError(error);
        await failed(error);
        await pause(retryPause, over);
      }
    }
    return undefined;
  }

  /** The same for what the pod's container needs, and says in the pod's status what is missing. */
  #persist<T>(spec: ContainerSpec, make: () => Promise<T>): Promise<T | undefined> {
    return this.#attempt(make, this.#asked.promise, async ({ message }) => {
      if (message === this.#told) return;
      this.#told = message;
      await this.#report(spec, "Pending", waiting("CreateContainerError", message));
    });
  }
}
