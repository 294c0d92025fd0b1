import { action, type Call } from "./call.ts";
import { connectionError } from "./connection_error.ts";
import { KubeError } from "./kube_error.ts";
import type { KubeObject, WatchEvent } from "./kube_object.ts";
import type { Resource } from "./resource.ts";
import type { Transport } from "./transport.ts";
import { WatchLines } from "./watch_lines.ts";

/** How long after the server should have ended a watch it is given up, in milliseconds. */
const grace = 15_000;

/**
 * The events of a watch. The answer has to begin within the client's deadline and to end 15 seconds after
 * `timeoutSeconds`: a connection that fell silent looks like one on which nothing happens. Leaving the loop over the
 * events closes the connection.
 */
export async function* watchEvents<T extends KubeObject>(
  transport: Transport,
  call: Call,
  resource: Resource<T>,
  { signal, timeoutSeconds }: { signal?: AbortSignal; timeoutSeconds: number },
): AsyncGenerator<WatchEvent<T>, void> {
  using time = transport.time(signal === undefined ? {} : { signal });
  const body = await transport.within(call, time, (body) => Promise.resolve(body));
  time.limit(timeoutSeconds * 1000 + grace);
  const lines = new WatchLines(call, resource);
  try {
    for await (const piece of body) {
      const { events, error } = lines.push(piece);
      yield* events;
      if (error !== undefined) throw error;
    }
  } catch (error) {
    if (error instanceof KubeError) throw error;
    if (time.isUp) {
      throw new KubeError("deadline", `${action(call)}: the server fell silent`, { cause: error });
    }
    if (time.signal.aborted) throw time.signal.reason;
    throw connectionError(call, transport.server, error);
  }
  if (!lines.ended()) {
    throw new KubeError("network", `${action(call)}: the stream ended within an event`);
  }
}
