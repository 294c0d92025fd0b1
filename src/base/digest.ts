import { createHash } from "node:crypto";

/** Digest of a text: `sha256:<hex>` of its UTF-8 bytes. */
export function digestText(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

/** Digest of a stream of bytes: `sha256:<hex>`, in flat memory. */
export async function digestStream(stream: ReadableStream<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}
