import { ByteBuffer, startsWith } from "../base/byte_buffer.ts";
import { latin1, latin1Bytes } from "../base/latin1.ts";
import { detailHeading, isRule, listLine, sectionOf } from "./plain_lines.ts";

const newline = 0x0a;
const prefix = new TextEncoder().encode("/hostroot");
// What decides about a line lies in its first bytes; a longer line passes by in pieces.
const longestHead = 64 * 1024;
const rootPrefix = "Root prefix: ";

/** The options line without its root prefix; nothing when there is none in it. */
function withoutRoot(line: string): string | undefined {
  if (!/^[A-Z][A-Za-z ]*: /.test(line)) return undefined;
  const at = line.startsWith(rootPrefix) ? 0 : line.lastIndexOf(` | ${rootPrefix}`);
  if (at === -1) return undefined;
  // The level is the only option after it; the prefix itself may hold anything.
  const level = /(?: \| )Report level: \w+$/.exec(line.slice(at))?.[0] ?? "";
  return at === 0 ? level.slice(3) : line.slice(0, at) + level;
}

class HostPaths {
  #part: "header" | "rule" | "title" | "list" | "details" | "other" = "header";
  #next: "list" | "details" | "other" = "other";
  #passing = false;
  #counted = false;
  readonly #carry = new ByteBuffer();
  readonly #out = new ByteBuffer();

  /** Rewrites the lines that end in the chunk. The result is a view that the next call makes stale. */
  push(chunk: Uint8Array): Uint8Array {
    const out = this.#out;
    out.clear();
    let copied = 0;
    let at = 0;
    while (at < chunk.length) {
      const found = chunk.indexOf(newline, at);
      const end = found === -1 ? chunk.length : found;
      if (this.#passing) this.#passing = found === -1;
      else if (this.#carry.length > 0 || found === -1) {
        out.append(chunk, copied, at);
        this.#carry.append(chunk, at, end);
        copied = end;
        if (found !== -1 || this.#carry.length > longestHead) {
          copied += this.#emit(found !== -1);
          this.#passing = found === -1;
        }
      } else {
        const edit = this.#edit(chunk, at, end);
        if (edit !== undefined) {
          out.append(chunk, copied, edit.at);
          out.append(edit.put, 0, edit.put.length);
          copied = edit.to + (edit.drop ? 1 : 0);
        }
      }
      at = end + 1;
    }
    out.append(chunk, copied, chunk.length);
    return out.view();
  }

  end(): Uint8Array {
    this.#out.clear();
    if (this.#carry.length > 0) this.#emit(false);
    return this.#out.view();
  }

  /** Writes the carried line; gives 1 when its newline, which the chunk still holds, is to be left out. */
  #emit(ended: boolean): number {
    const { bytes, length } = this.#carry;
    const edit = this.#edit(bytes, 0, length);
    if (edit === undefined) this.#out.append(bytes, 0, length);
    else {
      this.#out.append(bytes, 0, edit.at);
      this.#out.append(edit.put, 0, edit.put.length);
      this.#out.append(bytes, edit.to, length);
    }
    this.#carry.clear();
    return ended && edit?.drop === true ? 1 : 0;
  }

  /** What to put in the place of `bytes[at, to)` of a line; `drop` when the line goes with its newline. */
  #edit(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { at: number; to: number; put: Uint8Array; drop?: boolean } | undefined {
    if (start === end) return undefined;
    if (this.#part === "rule") {
      this.#part = isRule(bytes, start, end) ? this.#next : "other";
      return undefined;
    }
    if (this.#part === "title") {
      const part = sectionOf(latin1(bytes, start, Math.min(end, start + 80)))?.part;
      this.#next = part === "list" || part === "details" ? part : "other";
      this.#part = "rule";
      return undefined;
    }
    if (isRule(bytes, start, end)) {
      this.#part = "title";
      return undefined;
    }
    const path = this.#pathAt(bytes, start, end);
    if (path !== undefined) return { at: path, to: path, put: prefix };
    return this.#part === "header" ? this.#option(bytes, start, end) : undefined;
  }

  #pathAt(bytes: Uint8Array, start: number, end: number): number | undefined {
    switch (this.#part) {
      case "list":
        return listLine(bytes, start, end)?.path;
      case "details":
        return bytes[start] === 0x20 ? undefined : detailHeading(bytes, start, end)?.path;
      case "header":
        return startsWith(bytes, start, end, "Entry /") ? start + 6 : undefined;
      default:
        return undefined;
    }
  }

  #option(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { at: number; to: number; put: Uint8Array; drop: boolean } | undefined {
    this.#counted ||= startsWith(bytes, start, end, "Summary:") ||
      startsWith(bytes, start, end, "Number of ");
    if (this.#counted || end - start > longestHead) return undefined;
    const line = withoutRoot(latin1(bytes, start, end));
    if (line === undefined) return undefined;
    const put = latin1Bytes(line);
    return { at: start, to: end, put, drop: put.length === 0 };
  }
}

/**
 * Turns a plain report that AIDE made with `root_prefix` into the documented form, in which every path of the host stands
 * below `/hostroot`: in the lists, in the headings of the details and in `Entry … in databases` lines. The root prefix itself
 * is left out; every other byte stays as it is. Streams; memory does not grow with the report.
 */
export function hostrootLog(): TransformStream<Uint8Array, Uint8Array> {
  const paths = new HostPaths();
  const give = (
    bytes: Uint8Array,
    controller: TransformStreamDefaultController<Uint8Array>,
  ): void => {
    if (bytes.length > 0) controller.enqueue(bytes.slice());
  };
  return new TransformStream({
    transform: (chunk, controller) => give(paths.push(chunk), controller),
    flush: (controller) => give(paths.end(), controller),
  });
}
