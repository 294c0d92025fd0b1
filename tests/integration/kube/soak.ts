/**
 * Hours compressed: watches that end every two or three seconds, in good order or not, while objects of two kinds
 * change all the time. A scenario for any informer.
 */
import { apiVersion } from "../../../src/api/labels.ts";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import type { TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";
import { FaultProxy, type Injection } from "../fault_proxy.ts";
import { directClient } from "./direct_client.ts";
import { configMap } from "./proxied_client.ts";

/** The kinds that are followed. */
export const soakedKinds = ["configMaps", "nodeStatuses"] as const;

/** A kind that is followed. */
export type SoakedKind = typeof soakedKinds[number];

/** Where their objects are. */
export const soakedResources: Record<SoakedKind, Resource<KubeObject>> = {
  configMaps: resources.configMaps as Resource<KubeObject>,
  nodeStatuses: resources.nodeStatuses as Resource<KubeObject>,
};

/** What an informer tells of its objects: name, uid and version of each. */
export interface SoakHandler {
  changed(kind: SoakedKind, name: string, version: string): void;
  deleted(kind: SoakedKind, name: string, uid: string): void;
}

/** Informers of both kinds at work. */
export interface SoakedInformers extends AsyncDisposable {
  /** Resolves when the first objects are known. */
  synced: Promise<unknown>;
  /** Names and versions of what it has of a kind. */
  cached(kind: SoakedKind): Map<string, string>;
}

/** Where the objects are, and how to reach them through the proxy. */
export interface SoakPlace {
  proxy: FaultProxy;
  token: string;
  namespace: string;
}

/** How long it all goes on. */
export interface SoakPlan {
  /** Seconds of changes, with watches that end. */
  seconds: number;
  /** Seconds in the middle in which nothing changes and no watch ends. */
  quietSeconds: number;
  /** Whether watches are also cut, every ten seconds or so, besides those that end in good order. */
  cut: boolean;
  say(line: string): void;
}

/** What came of it. */
export interface SoakResult {
  writes: number;
  /** Watches that the server was asked for. */
  watches: number;
  lists: number;
  cuts: number;
  /** Milliseconds from the answer to a write until it was told, at the most; the lost ones not counted. */
  latest: number;
  /** Versions and deletions that were never told, though the end was waited for. */
  lost: string[];
  /** Objects that the cache had otherwise than the server in the end. */
  different: string[];
}

const names = ["a", "b", "c", "d", "e", "f"];
const patience = 30_000;

/** What was written and has not been told so far. */
class Ledger implements SoakHandler {
  readonly #told = new Set<string>();
  readonly #open = new Map<string, number>();
  #moved = Promise.withResolvers<void>();
  writes = 0;
  latest = 0;

  changed(kind: SoakedKind, name: string, version: string): void {
    this.#tell(`${kind} ${name} ${version}`);
  }

  deleted(kind: SoakedKind, name: string, uid: string): void {
    this.#tell(`${kind} ${name} deleted ${uid}`);
  }

  #tell(what: string): void {
    this.#told.add(what);
    const since = this.#open.get(what);
    if (since === undefined) return;
    this.latest = Math.max(this.latest, systemClock.monotonic() - since);
    this.#open.delete(what);
    this.#moved.resolve();
    this.#moved = Promise.withResolvers();
  }

  /** The server has this now; it may have been told before the answer came. */
  wrote(what: string): void {
    this.writes++;
    if (!this.#told.has(what)) this.#open.set(what, systemClock.monotonic());
  }

  /** What was not told within so many milliseconds. */
  overdue(milliseconds: number): string[] {
    const before = systemClock.monotonic() - milliseconds;
    return [...this.#open].filter(([, since]) => since < before).map(([what]) => what);
  }

  /** Waits until all is told, or nothing has been told for a while. */
  async settled(): Promise<string[]> {
    while (this.#open.size > 0) {
      const { size } = this.#open;
      const quiet = new AbortController();
      await Promise.race([this.#moved.promise, systemClock.sleep(patience, quiet.signal)]);
      quiet.abort();
      if (this.#open.size === size) break;
    }
    return [...this.#open.keys()];
  }
}

/** Changes objects, one after the other. */
class Changes {
  readonly #uids = new Map<string, string>();
  #turn = 0;

  constructor(
    readonly client: KubeClient,
    readonly namespace: TestNamespace,
    readonly ledger: Ledger,
  ) {}

  async next(): Promise<void> {
    const turn = this.#turn++;
    const kind = soakedKinds[turn % 2] ?? "configMaps";
    const name = names[Math.floor(Math.random() * names.length)] ?? "a";
    const key = `${kind} ${name}`;
    const uid = this.#uids.get(key);
    if (uid !== undefined && Math.random() < 0.25) {
      await this.client.delete(soakedResources[kind], { name, namespace: this.namespace.name });
      this.#uids.delete(key);
      this.ledger.wrote(`${key} deleted ${uid}`);
    } else {
      const { metadata } = await this.#write(kind, name, `${turn}`);
      this.#uids.set(key, metadata.uid ?? "");
      this.ledger.wrote(`${key} ${metadata.resourceVersion}`);
    }
  }

  #write(
    kind: SoakedKind,
    name: string,
    value: string,
  ): Promise<{ metadata: { uid?: string; resourceVersion?: string } }> {
    const options = { fieldManager: "soak", force: true };
    if (kind === "configMaps") {
      const object = configMap(this.namespace, name, { value });
      return this.client.apply(resources.configMaps, object, options);
    }
    const metadata = { name, namespace: this.namespace.name, annotations: { value } };
    return this.client.apply(resources.nodeStatuses, {
      ...{ apiVersion, kind: "FileIntegrityNodeStatus", metadata, nodeName: name },
    }, options);
  }

  /** Names and versions of what the server has. */
  async held(kind: SoakedKind): Promise<Map<string, string>> {
    const { items } = await this.client.list(soakedResources[kind], {
      namespace: this.namespace.name,
    });
    return new Map(
      items.map(({ metadata: { name, resourceVersion = "" } }) => [name, resourceVersion]),
    );
  }
}

/** The server ends every watch after two or three seconds, for any client. */
function shortWatches(proxy: FaultProxy): Injection[] {
  return ["2", "3"].map((timeoutSeconds, at) =>
    proxy.inject(
      {
        verb: "watch",
        where: () => (at === 0) === (proxy.requests({ verb: "watch" }).length % 2 === 0),
      },
      { do: "ask", query: { timeoutSeconds } },
      { times: Infinity },
    )
  );
}

/** Runs the scenario; `start` begins to follow the objects, and gives what the scenario looks at. */
export async function soak(
  cluster: TestCluster,
  start: (place: SoakPlace, handler: SoakHandler) => SoakedInformers | Promise<SoakedInformers>,
  { seconds, quietSeconds, cut, say }: SoakPlan,
): Promise<SoakResult> {
  await using namespace = await cluster.namespace("soak");
  using client = await directClient(cluster, namespace);
  await using proxy = await FaultProxy.start(cluster, 0, ["http/1.1"]); // for clients with HTTP/2, too
  const ledger = new Ledger();
  const changes = new Changes(client, namespace, ledger);
  const forever = new AbortController().signal;
  let cuts = 0;

  const change = async (seconds: number, ends: boolean): Promise<void> => {
    const end = systemClock.monotonic() + seconds * 1_000;
    for (let turn = 0; systemClock.monotonic() < end; turn++) {
      await changes.next();
      await systemClock.sleep(100 + Math.random() * 200, forever);
      if (ends && cut && turn % 40 === 39) {
        cuts++;
        proxy.cutAll();
      }
      if (turn % 50 === 49) {
        const overdue = ledger.overdue(patience);
        say(`${ledger.writes} writes, ${overdue.length} not told for half a minute`);
      }
    }
  };

  let endings = shortWatches(proxy);
  const place = { proxy, token: await namespace.token("operator"), namespace: namespace.name };
  await using informers = await start(place, ledger);
  await informers.synced;
  await change(seconds / 2, true);
  if (quietSeconds > 0) {
    for (const ending of endings) ending.remove();
    say(`Quiet for ${quietSeconds} seconds`);
    await systemClock.sleep(quietSeconds * 1_000, forever);
    await change(Math.min(20, seconds / 4), false);
    endings = shortWatches(proxy);
    if (cut) proxy.cutAll(); // the watches that are on would go on for minutes
  }
  await change(seconds / 2, true);

  const lost = await ledger.settled();
  const different: string[] = [];
  for (const kind of soakedKinds) {
    const held = await changes.held(kind);
    const cached = informers.cached(kind);
    for (const name of new Set([...held.keys(), ...cached.keys()])) {
      if (held.get(name) === cached.get(name)) continue;
      different.push(`${kind} ${name}: ${cached.get(name)} instead of ${held.get(name)}`);
    }
  }
  return {
    ...{ writes: ledger.writes, latest: Math.round(ledger.latest), cuts, lost, different },
    watches: proxy.requests({ verb: "watch" }).length,
    lists: proxy.requests({ verb: "list" }).length,
  };
}
