/** The layers of an image. */
import { createHash, type Hash } from "node:crypto";
import { tarStream } from "../tar_stream.ts";
import { type Tree, writeTree } from "./tree.ts";

/** A layer, as a file of this machine. */
export interface Layer {
  /** What is in it, in a few words. */
  name: string;
  path: string;
  /** In bytes, compressed. */
  size: number;
  /** In bytes, as it is unpacked. */
  unpackedSize: number;
  /** Of the compressed file: "sha256:…". */
  digest: string;
  /** Of what is in it. */
  diffId: string;
}

interface Count {
  hash: Hash;
  size: number;
}

function counting(count: Count): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new TransformStream({
    transform(chunk, controller): void {
      count.hash.update(chunk);
      count.size += chunk.length;
      controller.enqueue(chunk);
    },
  });
}

/** The same bytes in pieces of one size: what gzip makes of them depends on how they come. */
function evenly(size: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let piece = new Uint8Array(size);
  let filled = 0;
  return new TransformStream({
    transform(chunk, controller): void {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + size - filled);
        piece.set(part, filled);
        [at, filled] = [at + part.length, filled + part.length];
        if (filled < size) return;
        controller.enqueue(piece);
        [piece, filled] = [new Uint8Array(size), 0];
      }
    },
    flush(controller): void {
      controller.enqueue(piece.subarray(0, filled));
    },
  });
}

/**
 * Writes a tree as a layer: in a directory of its own below `directory`, then as a compressed file there. Deno's own gzip
 * writes neither a time nor a name, and the version of Deno is pinned, so the same tree is the same bytes.
 */
export async function writeLayer(name: string, tree: Tree, directory: string): Promise<Layer> {
  const files = `${directory}/${name}`;
  const path = `${files}.tar.gz`;
  await writeTree(tree, files);
  const [plain, compressed] = [0, 0].map((size): Count => ({ hash: createHash("sha256"), size }));
  const target = await Deno.create(path);
  const names = (await Array.fromAsync(Deno.readDir(files))).map((entry) => entry.name).sort();
  await ReadableStream.from(tarStream(files, names))
    .pipeThrough(counting(plain!))
    .pipeThrough(evenly(1 << 20))
    .pipeThrough(new CompressionStream("gzip"))
    .pipeThrough(counting(compressed!))
    .pipeTo(target.writable);
  return {
    ...{ name, path, size: compressed!.size, unpackedSize: plain!.size },
    digest: `sha256:${compressed!.hash.digest("hex")}`,
    diffId: `sha256:${plain!.hash.digest("hex")}`,
  };
}
