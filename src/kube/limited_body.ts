import type { Body } from "./body_pieces.ts";

/** The body of an answer, or as much of it as a limit allows. */
export interface LimitedBody {
  bytes: Uint8Array;
  /** Whether there was more; the connection is then closed. */
  cut: boolean;
}

/** Reads a body up to `limit` bytes. Rejects with what broke the stream. */
export async function limitedBody(body: Body, limit: number): Promise<LimitedBody> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  for await (const piece of body) {
    const room = limit - size;
    cut = piece.length > room;
    pieces.push(cut ? piece.subarray(0, room) : piece);
    size += Math.min(piece.length, room);
    if (cut) break;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, cut };
}
