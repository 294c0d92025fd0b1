/** Logs to test with: reproducible, like AIDE's, of any size and without a file. */

const lineLength = 128;

/** A stream of `size` bytes of report lines with digests, so about as compressible as a long report. */
export function sampleLog(size: number, chunkSize = 64 * 1024): ReadableStream<Uint8Array> {
  const letters = new TextEncoder().encode(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  );
  const head = new TextEncoder().encode("changed: /hostroot/usr/lib/modules/kernel/drivers/");
  let state = 1;
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller): void {
      const chunk = new Uint8Array(Math.min(chunkSize, size - sent));
      for (let at = 0; at < chunk.length; at++) {
        const column = (sent + at) % lineLength;
        if (column === lineLength - 1) chunk[at] = 0x0a;
        else if (column < head.length) chunk[at] = head[column] ?? 0;
        else {
          if (column % 4 === 0) state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          chunk[at] = letters[(state >>> (6 + 6 * (column % 4))) & 63] ?? 0;
        }
      }
      sent += chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (sent >= size) controller.close();
    },
  }, { highWaterMark: 0 });
}
