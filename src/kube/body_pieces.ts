/** The body of an answer, as it comes. */
export type Body = AsyncIterable<Uint8Array>;

/**
 * The pieces of a stream until its end. When the signal aborts, the connection is closed and the signal's reason
 * thrown; it is closed as well when the loop over the pieces is left.
 */
export async function* bodyPieces(
  stream: ReadableStream<Uint8Array> | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  if (stream === null) return;
  const reader = stream.getReader();
  // The signal that `fetch` was given is not enough: once the garbage collector has taken the Response, Deno no
  // longer ends its stream, and a connection that stalls would stall for good.
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", cancel);
    await reader.cancel().catch(() => {});
  }
}
