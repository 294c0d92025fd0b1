/** Cuts a stream of bytes into blocks of whole lines. */

const newline = 0x0a;

/** A run of bytes of a stream. `bytes` is only valid until the next block is asked for. */
export interface LineBlock {
  bytes: Uint8Array;
  /** Whether the block ends where a line does; false for a piece of a line longer than a block. */
  endsLine: boolean;
}

/**
 * The stream as blocks of at most `blockSize` bytes which end after a newline, unless a line is longer than that
 * or the stream ends without one. Holds one block in memory, whatever the sizes of the stream's chunks.
 */
export async function* lineBlocks(
  source: AsyncIterable<Uint8Array>,
  blockSize: number,
): AsyncGenerator<LineBlock> {
  const buffer = new Uint8Array(blockSize);
  let filled = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + blockSize - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < blockSize) continue;
      const last = buffer.lastIndexOf(newline);
      const end = last < 0 ? blockSize : last + 1;
      yield { bytes: buffer.subarray(0, end), endsLine: last >= 0 };
      buffer.copyWithin(0, end);
      filled -= end;
    }
  }
  if (filled > 0) yield { bytes: buffer.subarray(0, filled), endsLine: true };
}
