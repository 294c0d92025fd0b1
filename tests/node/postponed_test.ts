/** Results that are not taken for now: kept, tried again, overtaken by newer ones; and baselines among them. */

import { assert, assertEquals } from "@std/assert";
import { digestStream } from "../../src/base/digest.ts";
import { type Publication, PublishLater } from "../../src/node/publisher.ts";
import { aideBinaries, type AideBinary } from "../aide_binaries.ts";
import { hookedAide } from "./hooked_aide.ts";
import { ManualClock } from "./manual_clock.ts";
import { interval, type NodeOptions, RunningNode } from "./running_node.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const newest = (await aideBinaries()).slice(-1);
const start = "2026-01-01T00:00:00Z";

/** A place to publish in that is away at times. */
class Place {
  away = false;
  /** What it took, in order. */
  readonly taken: Publication[] = [];
  /** What it did not take, in order. */
  readonly postponed: Publication[] = [];
  #came = Promise.withResolvers<Publication>();
  /** How often each attempt after the first one failed before. */
  readonly failures: number[] = [];
  #attempted = Promise.withResolvers<void>();
  #wake = Promise.withResolvers<void>();
  #waiting = 0;

  readonly publish = (publication: Publication): Promise<void> => {
    this.#attempted.resolve();
    this.#attempted = Promise.withResolvers();
    if (this.away) {
      if (this.postponed.at(-1) !== publication) this.postponed.push(publication);
      const { resolve } = this.#came;
      this.#came = Promise.withResolvers();
      resolve(publication);
      return Promise.reject(new PublishLater("away"));
    }
    this.taken.push(publication);
    return Promise.resolve();
  };

  readonly again = async (failures: number, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => resolve(), { once: true });
    this.#waiting++;
    await Promise.race([promise, this.#wake.promise]);
    this.#waiting--;
    if (!signal.aborted) this.failures.push(failures);
  };

  /** Makes the node try again as soon as it has taken in what was done to it, and waits until it has. */
  async retry(): Promise<void> {
    do await new Promise((resolve) => setTimeout(resolve, 1)); while (this.#waiting === 0);
    const attempted = this.#attempted.promise;
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
    await attempted;
  }

  /** Waits for the next result that is not taken. */
  next(): Promise<Publication> {
    return this.#came.promise;
  }

  /** The conditions of what it took. */
  get conditions(): string[] {
    return this.taken.map(({ result }) => result.condition);
  }
}

interface Parts {
  host: TestHost;
  clock: ManualClock;
  place: Place;
  make(options?: Partial<NodeOptions>): RunningNode;
}

async function withParts(aide: AideBinary, run: (parts: Parts) => Promise<void>): Promise<void> {
  await using host = await TestHost.make(aide);
  const clock = new ManualClock(start);
  const place = new Place();
  await run({
    ...{ host, clock, place },
    make: (options = {}) =>
      new RunningNode({
        ...{ host, clock },
        aide: hookedAide(aide, {}),
        publish: place.publish,
        again: place.again,
        ...options,
      }),
  });
}

async function digestAt(path: string): Promise<string> {
  return await digestStream((await Deno.open(path)).readable);
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

testWithEachAide("a result is kept until it is taken", newest, async (aide) => {
  await withParts(aide, async ({ host, clock, place, make }) => {
    await using node = make();
    await node.next();
    await host.append("etc/hosts", "# changed\n");
    await clock.sleeping();
    place.away = true;
    const kept = place.next();
    clock.advance(interval);
    const { result } = await kept;
    assertEquals([result.condition, result.filesChanged], ["Failed", 1]);
    await clock.sleeping();
    await place.retry();
    await clock.sleeping();
    place.away = false;
    await place.retry();
    const { publication, safe } = await node.next();
    assertEquals([publication.result, safe], [result, true]);
    assertEquals(place.conditions, ["Succeeded", "Failed"]);
    assertEquals(place.failures, [1, 2]);
    // The next scan is due when it would have been.
    assertEquals(await clock.sleeping(), clock.now() + interval);
  });
});

testWithEachAide("the newest result takes the place of one that waits", newest, async (aide) => {
  await withParts(aide, async ({ host, clock, place, make }) => {
    await using node = make();
    await node.next();
    await host.append("etc/hosts", "# changed\n");
    await clock.sleeping();
    place.away = true;
    let kept = place.next();
    clock.advance(interval);
    await kept;
    await Deno.writeTextFile(host.at("etc/hosts"), "127.0.0.1 localhost\n");
    await clock.sleeping();
    kept = place.next();
    clock.advance(interval);
    assertEquals((await kept).result.condition, "Succeeded");
    await clock.sleeping();
    place.away = false;
    await place.retry();
    await node.next();
    assertEquals(place.postponed.map(({ result }) => result.condition), ["Failed", "Succeeded"]);
    assertEquals(place.conditions, ["Succeeded", "Succeeded"]);
  });
});

testWithEachAide("a baseline is not in use before its record is taken", newest, async (aide) => {
  await withParts(aide, async ({ host, clock, place, make }) => {
    await using node = make();
    const first = (await node.next()).publication.baseline?.digest;
    await host.append("etc/hosts", "# absorbed\n");
    await clock.sleeping();
    place.away = true;
    const kept = place.next();
    node.order({ request: { id: "one", reason: "requested" } });
    const { baseline } = await kept;
    assert(baseline !== undefined && baseline.digest !== first);
    const database = `${host.state}/aide.db.gz`;
    assertEquals(await digestAt(database), first);
    // However long that lasts: its record may have been taken, so nothing may take its place.
    clock.advance(3 * interval);
    node.order({ request: { id: "two", reason: "requested" } });
    await place.retry();
    assertEquals(place.postponed.length, 1);
    assertEquals(await digestAt(`${database}.new`), baseline.digest);
    place.away = false;
    await place.retry();
    assertEquals((await node.next()).publication.baseline?.requestID, "one");
    // What was asked for meanwhile is done at once.
    assertEquals((await node.next()).publication.baseline?.requestID, "two");
    assertEquals(await isThere(`${database}.new`), false);
  });
});

testWithEachAide(
  "a scan that was due while a baseline waited is made at once",
  newest,
  async (aide) => {
    await withParts(aide, async ({ host, clock, place, make }) => {
      place.away = true;
      const kept = place.next();
      await using node = make();
      await kept;
      await host.append("etc/hosts", "# changed since\n");
      clock.advance(2 * interval);
      place.away = false;
      await place.retry();
      assertEquals((await node.next()).publication.baseline?.reason, "first");
      assertEquals((await node.next()).publication.result.condition, "Failed");
    });
  },
);

testWithEachAide("a hold does not keep back a result that waits", newest, async (aide) => {
  await withParts(aide, async ({ clock, place, make }) => {
    place.away = true;
    const kept = place.next();
    await using node = make();
    await kept;
    node.order({ held: true });
    place.away = false;
    await place.retry();
    assertEquals((await node.next()).publication.baseline?.reason, "first");
    clock.advance(9 * interval);
    assertEquals(place.conditions, ["Succeeded"]);
  });
});

testWithEachAide(
  "a scan that was called off takes no log away from a result that waits, nor lends it one",
  newest,
  async (aide) => {
    await withParts(aide, async ({ host, clock, place, make }) => {
      let hold = false;
      await using node = make({
        aide: hookedAide(aide, {
          during: (_count, over) => {
            if (hold) node.order({ held: true });
            return over;
          },
        }),
      });
      await node.next();
      await host.append("etc/hosts", "# changed\n");
      await clock.sleeping();
      place.away = true;
      const kept = place.next();
      clock.advance(interval);
      const { log, result } = await kept;
      assert(log !== undefined);
      await clock.sleeping();
      await host.append("etc/motd", "changed later\n");
      hold = true;
      clock.advance(interval);
      place.away = false;
      while (!node.orders.held) await new Promise((resolve) => setTimeout(resolve, 1));
      await place.retry();
      const { publication } = await node.next();
      assertEquals(publication.result, result);
      // The report of the later scan may lie where that of the result was.
      assertEquals(publication.log, undefined);
    });
  },
);

testWithEachAide("what waits is tried once more at the end", newest, async (aide) => {
  await withParts(aide, async ({ place, make }) => {
    place.away = true;
    const kept = place.next();
    const node = make();
    await kept;
    place.away = false;
    await node.stop();
    assertEquals(place.conditions, ["Succeeded"]);
  });
});

testWithEachAide("what still can't be published does not hold up the end", newest, async (aide) => {
  await withParts(aide, async ({ clock, place, make }) => {
    place.away = true;
    let hanging = false;
    const kept = place.next();
    const node = make({
      publish: async (publication, signal) => {
        if (!hanging) return await place.publish(publication);
        const aborted = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => aborted.resolve());
        await aborted.promise;
        throw new PublishLater("no answer");
      },
    });
    await kept;
    hanging = true;
    const ended = node.stop();
    await clock.sleeping();
    clock.advance(5_000);
    await ended;
    assertEquals(place.taken, []);
  });
});
