/** Compresses a stream into gzip files of bounded size which each hold whole lines. */

import { constants, crc32, deflateRawSync } from "node:zlib";
import { lineBlocks } from "./line_blocks.ts";

const blockSize = 256 * 1024;

// Header without a time, so that equal logs give equal bytes; an empty final block ends the blocks of data.
const header = new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const finalBlock = new Uint8Array([3, 0]);
const endLength = finalBlock.length + 8;

/** A stretch of the stream that stands compressed in the buffer: where it ends there, and what gzip says of it. */
interface Run {
  end: number;
  crc: number;
  rawSize: number;
}

function extended(run: Run, block: Uint8Array, raw: Uint8Array): Run {
  return {
    end: run.end + block.length,
    crc: crc32(raw, run.crc),
    rawSize: run.rawSize + raw.length,
  };
}

/** One gzip file of a stream. */
export interface GzipPart {
  /** Only valid until the next part is asked for. */
  gzip: Uint8Array;
  /** Whether the stream ends with this part. */
  last: boolean;
}

/**
 * Compresses a stream into as few gzip files of at most `maxBytes` (more than 400,000) as lines allow. Every file
 * is one gzip member and holds whole lines, but for a line that fills a file by itself. Unpacked one after the
 * other they are the stream. An empty stream gives one file. Memory: `maxBytes` and a few blocks of 256 KiB.
 */
export async function* gzipParts(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<GzipPart> {
  const buffer = new Uint8Array(maxBytes);
  buffer.set(header);
  const empty: Run = { end: header.length, crc: 0, rawSize: 0 };
  // The buffer holds whole lines up to `lines.end`, then what there is of an unfinished one up to `all.end`. `rest`
  // is that unfinished line as if it stood by itself.
  let lines = empty;
  let all = empty;
  let rest = empty;

  const file = ({ end, crc, rawSize }: Run): Uint8Array => {
    buffer.set(finalBlock, end);
    const trailer = new DataView(buffer.buffer, end + finalBlock.length);
    trailer.setUint32(0, crc >>> 0, true);
    trailer.setUint32(4, rawSize >>> 0, true);
    return buffer.subarray(0, end + endLength);
  };
  const fits = (block: Uint8Array): boolean => all.end + block.length + endLength <= maxBytes;

  for await (const { bytes, endsLine } of lineBlocks(source, blockSize)) {
    // Blocks share no dictionary, so that those of an unfinished line can move to the next file as they are.
    const block = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    if (!fits(block) && lines !== empty) {
      const moved = buffer.slice(lines.end, all.end);
      yield { gzip: file(lines), last: false };
      buffer.set(moved, header.length);
      lines = empty;
      all = rest;
    }
    if (!fits(block)) {
      yield { gzip: file(all), last: false };
      all = empty;
      rest = empty;
    }
    buffer.set(block, all.end);
    all = extended(all, block, bytes);
    rest = endsLine ? empty : extended(rest, block, bytes);
    if (endsLine) lines = all;
  }
  yield { gzip: file(all), last: true };
}
