/** Watches that fall behind, which those of an API server do whenever they like, and never when they are told to. */

import type { WatchOptions } from "../../../src/kube/kube_api.ts";
import type { KubeClient } from "../../../src/kube/kube_client.ts";
import type { KubeObject, WatchEvent } from "../../../src/kube/kube_object.ts";
import type { Resource } from "../../../src/kube/resource.ts";

/** A client whose watch of one kind can be made to fall behind. */
export interface LateWatch {
  api: KubeClient;
  /** From now on the watch tells nothing, or nothing after an event that is so. */
  hold(after?: (object: unknown) => boolean): void;
  /** It tells everything again, from where it stopped. */
  release(): void;
}

/** Lets the watch of `resource` by `client` fall behind. */
export function lateWatch(
  client: KubeClient,
  { plural }: Pick<Resource<KubeObject>, "plural">,
): LateWatch {
  let gate = Promise.withResolvers<void>();
  gate.resolve();
  let last: ((object: unknown) => boolean) | undefined;
  const close = (): void => {
    gate = Promise.withResolvers();
    last = undefined;
  };
  async function* watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    // Who ends its watch is not kept: a test that fails meanwhile could not end.
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    options.signal?.addEventListener("abort", () => end(), { once: true });
    for await (const event of client.watch(resource, options)) {
      if (resource.plural === plural) {
        await Promise.race([gate.promise, over]);
        if (event.type !== "BOOKMARK" && last?.(event.object)) close();
      }
      yield event;
    }
  }
  const api = new Proxy(client, {
    get: (target, key) => {
      if (key === "watch") return watch;
      const value = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return {
    api,
    hold: (after) => after === undefined ? close() : last = after,
    release: () => gate.resolve(),
  };
}
