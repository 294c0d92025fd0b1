import type { FileIntegrity } from "../api/file_integrity.ts";
import { annotations, labels } from "../api/labels.ts";
import type { StoredNodeStatus } from "../api/node_status.ts";
import type { ObjectMeta } from "../api/object_meta.ts";
import { Informer } from "../kube/informer.ts";
import { isKubeError } from "../kube/kube_error.ts";
import type { KubeObject } from "../kube/kube_object.ts";
import { type Resource, resources } from "../kube/resource.ts";
import { awaitedSince } from "../plan/node_states.ts";
import type { ObservedChild, ObservedNode, ObservedNodeStatus } from "../plan/observed.ts";
import { sameValue } from "../plan/merge_difference.ts";
import type { MonotonicClock } from "../system/clock.ts";
import {
  keepConfigMap,
  keepDaemonSet,
  keepFileIntegrity,
  keepNode,
  keepNodeStatus,
} from "./keep.ts";
import { logReport } from "./log_report.ts";
import type { OperatorParts } from "./parts.ts";

/** Who is told when something changes. */
export interface CacheListener {
  /** A FileIntegrity of that name, or something that belongs to it. */
  fileIntegrity(name: string): void;
  /** Something that every FileIntegrity may have to do with. */
  all(): void;
}

/** The name of the FileIntegrity that an object belongs to; undefined where it says none. */
export function ownerName(
  { ownerReferences, annotations: notes, labels: marks }: ObjectMeta,
): string | undefined {
  const owner = ownerReferences?.find(({ kind, controller }) =>
    kind === "FileIntegrity" && controller === true
  );
  return owner?.name ?? notes?.[annotations.ownerName] ?? marks?.[labels.owner];
}

/** One kind of object that is followed. */
export type FollowedKind = Pick<
  Informer<KubeObject, unknown>,
  "run" | "synced" | "syncedAt" | "state" | "figures" | "failingSince" | "size"
>;

/** The objects that the operator decides by, kept up to date. */
export class Caches {
  readonly fileIntegrities: Informer<FileIntegrity, FileIntegrity>;
  readonly nodeStatuses: Informer<StoredNodeStatus, ObservedNodeStatus>;
  readonly daemonSets: Informer<KubeObject, ObservedChild>;
  readonly configMaps: Informer<KubeObject, ObservedChild>;
  readonly nodes: Informer<KubeObject, ObservedNode>;
  readonly #clock: MonotonicClock;
  /** Since when each node is awaited, in milliseconds of the monotonic clock, by the `metadata.uid` of its status. */
  readonly #awaited = new Map<string, { what: string; since: number }>();

  constructor(parts: OperatorParts, listener: CacheListener) {
    const { namespace } = parts;
    this.#clock = parts.clock;
    const ofOwner = (metadata: ObjectMeta): void => {
      const name = ownerName(metadata);
      if (name !== undefined) listener.fileIntegrity(name);
    };
    const child = (
      _key: string,
      _type: string,
      { metadata }: ObservedChild,
      before: ObservedChild | undefined,
    ): void => {
      ofOwner(metadata);
      if (before !== undefined) ofOwner(before.metadata); // whose it was before somebody relabelled it
    };
    const shared = {
      reader: parts.api,
      clock: parts.clock,
      random: parts.random,
      ...(parts.relistInterval !== undefined && { relistInterval: parts.relistInterval }),
    };
    const onError = (what: string) => (error: unknown, during: string): void => {
      if (during === "handler") {
        parts.log.error("A change of {what} could not be taken in: {problem}", {
          what,
          problem: String(error),
        });
      } else if (!isKubeError(error, "gone")) {
        const problem = error instanceof Error ? error.message : String(error);
        parts.log.warn("Following {what} was interrupted, and goes on: {problem}", {
          what,
          problem,
        });
      }
    };
    const informer = <T extends KubeObject, K>(
      resource: Resource<T>,
      options: {
        keep(object: T): K;
        onChange(key: string, type: string, object: K, before: K | undefined): void;
        namespace?: string;
        labelSelector?: string;
      },
    ): Informer<T, K> =>
      new Informer({ ...shared, resource, onError: onError(resource.plural), ...options });

    this.fileIntegrities = informer(resources.fileIntegrities, {
      namespace,
      keep: keepFileIntegrity,
      onChange: (_key, type, { metadata }) => {
        listener.fileIntegrity(metadata.name);
        if (type === "deleted") listener.all(); // a name of two may be free now
      },
    });
    this.nodeStatuses = informer(resources.nodeStatuses, {
      namespace,
      keep: keepNodeStatus,
      onChange: (_key, type, status, before) => {
        this.#noteReport(type, status);
        if (type === "modified") {
          const owner = ownerName(status.metadata) ?? "";
          logReport(parts.log, `${namespace}/${owner}`, status, before);
        }
        ofOwner(status.metadata);
        if (before !== undefined) ofOwner(before.metadata);
      },
    });
    this.daemonSets = informer(resources.daemonSets as Resource<KubeObject>, {
      namespace,
      keep: keepDaemonSet as (object: KubeObject) => ObservedChild,
      onChange: child,
    });
    this.configMaps = informer(resources.configMaps as Resource<KubeObject>, {
      namespace,
      labelSelector: labels.aideConf,
      keep: keepConfigMap as (object: KubeObject) => ObservedChild,
      onChange: child,
    });
    this.nodes = informer(resources.nodes as Resource<KubeObject>, {
      keep: keepNode as unknown as (object: KubeObject) => ObservedNode,
      onChange: (_key, type, node, before) => {
        // What is told of one that was deleted is what it was before.
        if (type === "deleted" || !sameValue(node, before)) listener.all();
      },
    });
  }

  /** All of them, by what they hold. */
  get informers(): Readonly<Record<string, FollowedKind>> {
    const { fileIntegrities, nodeStatuses, daemonSets, configMaps, nodes } = this;
    return {
      fileintegrities: fileIntegrities,
      fileintegritynodestatuses: nodeStatuses,
      daemonsets: daemonSets,
      configmaps: configMaps,
      nodes,
    };
  }

  /** Resolves when every kind is known; rejects when the caches end before. */
  async synced(): Promise<void> {
    await Promise.all(Object.values(this.informers).map(({ synced }) => synced));
  }

  /** Follows all of them until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Object.values(this.informers).map((informer) => informer.run(signal)));
  }

  /** The node statuses, with the times from which on their nodes are awaited. */
  *reportedStatuses(): Generator<ObservedNodeStatus> {
    const start = this.#clock.now() - this.#clock.monotonic();
    for (const status of this.nodeStatuses.values()) {
      const since = this.#awaited.get(status.metadata.uid ?? "")?.since;
      yield since === undefined ? status : { ...status, reportedAt: start + since };
    }
  }

  // By what this process saw, and not by the time of day: the clock of a node may say anything, and one that is set
  // here must not make every node late at once. Only what was there before this process is as old as it says.
  #noteReport(type: string, status: ObservedNodeStatus): void {
    const { metadata: { uid = "" }, lastResult } = status;
    if (type === "deleted") return void this.#awaited.delete(uid);
    const time = awaitedSince(status);
    const what = JSON.stringify([time, lastResult]);
    const known = this.#awaited.get(uid);
    if (known?.what === what) return;
    const age = known === undefined ? this.#clock.now() - Date.parse(time ?? "") : 0;
    this.#awaited.set(uid, { what, since: this.#clock.monotonic() - Math.max(age || 0, 0) });
  }
}
