import { sameBytes } from "../base/byte_buffer.ts";
import { encodePath } from "../base/path_text.ts";
import type { AttributeChange, Change, ChangeKind, FileType } from "../api/node_status.ts";
import { ChangeDigest } from "./change_digest.ts";
import { ValueText } from "./value_text.ts";
import type { Counts, ReportLimits } from "./report.ts";

/** Which entries a report gives details of: none, changed ones, or all. */
export type DetailScope = "none" | "changed" | "all";

interface Kept {
  path: Uint8Array;
  fileType?: FileType;
  attributes: AttributeChange[];
  cut: boolean;
}

class KeptKind {
  readonly items: Kept[] = [];
  next = 0;
  #text = 0;

  constructor(private readonly limits: ReportLimits) {}

  offer(bytes: Uint8Array, start: number, end: number, fileType: FileType | undefined): void {
    if (this.items.length >= this.limits.changes || this.#text >= this.limits.text) return;
    this.#text += end - start;
    const path = bytes.slice(start, end);
    this.items.push({ path, attributes: [], cut: false, ...(fileType && { fileType }) });
  }

  /** The entry of this path, when it is kept. Details come in the order of the lists, so the search goes forward. */
  find(bytes: Uint8Array, start: number, end: number): Kept | undefined {
    for (let at = this.next; at < this.items.length; at++) {
      const item = this.items[at]!;
      if (!sameBytes(item.path, bytes, start, end)) continue;
      this.next = at + 1;
      return item;
    }
    return undefined;
  }

  fits(more: number): boolean {
    this.#text += more;
    return this.#text <= this.limits.text;
  }
}

const letters: Readonly<Record<string, FileType>> = {
  f: "file",
  d: "directory",
  l: "link",
  p: "fifo",
  s: "socket",
  b: "blockDevice",
  c: "characterDevice",
};

/** The type that AIDE means by the first letter of an attribute string. */
export function fileTypeOf(letter: number): FileType {
  return letters[String.fromCharCode(letter)] ?? "other";
}

const tags: Readonly<Record<ChangeKind, number>> = { added: 0x61, changed: 0x63, removed: 0x72 };
const detailTag = 0x44;
const nameTag = 0x4e;
const oldTag = 0x2d;
const newTag = 0x2b;
const encoder = new TextEncoder();
const encodedNames = new Map<string, Uint8Array>();

function encodedName(name: string): Uint8Array {
  let bytes = encodedNames.get(name);
  if (bytes === undefined) {
    bytes = encoder.encode(name);
    if (encodedNames.size < 256) encodedNames.set(name, bytes);
  }
  return bytes;
}

/** Gathers the changes of one report as it streams by: exact counts, a digest of everything, and a bounded list. */
export class ChangeCollector {
  readonly listed: Counts = { added: 0, changed: 0, removed: 0 };
  /** How many entries have details. */
  detailed = 0;
  readonly #digest = new ChangeDigest();
  // The entries that must have details, as the lists and as the details name them, in order.
  readonly #expected = new ChangeDigest();
  readonly #described = new ChangeDigest();
  readonly #kept: Readonly<Record<ChangeKind, KeptKind>>;
  #current: { kind: ChangeKind; item: Kept } | undefined;
  #name: string | undefined;
  #pending:
    | { name: string; old: ValueText | undefined; new: ValueText | undefined }
    | undefined;

  constructor(private readonly limits: ReportLimits) {
    this.#kept = {
      added: new KeptKind(limits),
      changed: new KeptKind(limits),
      removed: new KeptKind(limits),
    };
  }

  /** Takes an entry of a list: raw bytes of its path. */
  entry(
    kind: ChangeKind,
    bytes: Uint8Array,
    start: number,
    end: number,
    fileType?: FileType,
  ): void {
    this.listed[kind]++;
    this.#digest.add(tags[kind], bytes, start, end);
    if (kind === "changed") this.#expected.add(tags.changed, bytes, start, end);
    this.#kept[kind].offer(bytes, start, end, fileType);
  }

  /** Takes the path that the attributes up to the next call belong to. */
  detail(bytes: Uint8Array, start: number, end: number, fileType?: FileType): void {
    this.#settle();
    this.detailed++;
    this.#digest.add(detailTag, bytes, start, end);
    this.#described.add(tags.changed, bytes, start, end);
    this.#current = undefined;
    for (const kind of ["changed", "removed", "added"] as const) {
      const item = this.#kept[kind].find(bytes, start, end);
      if (item === undefined) continue;
      this.#current = { kind, item };
      if (item.fileType === undefined && fileType !== undefined) item.fileType = fileType;
      return;
    }
  }

  /** Takes the name of an attribute of the entry last named by `detail`; its values follow, old ones first. */
  attribute(name: string): void {
    this.#settle();
    // AIDE names forced attributes in JSON even where the entry has none: without a value, a name says nothing.
    this.#name = name;
  }

  /** Takes a value of that attribute, or the next one of its list: raw bytes. */
  value(side: "old" | "new", bytes: Uint8Array, start: number, end: number): void {
    if (this.#name !== undefined) this.#begin(this.#name);
    this.#digest.add(side === "old" ? oldTag : newTag, bytes, start, end);
    if (this.#pending === undefined) return;
    (this.#pending[side] ??= new ValueText(this.limits.value)).add(bytes, start, end);
  }

  /** Whether the details describe the listed entries, all of them and no others, as far as `scope` promises. */
  detailsMatch(scope: DetailScope): boolean {
    if (scope === "none") return this.detailed === 0;
    if (scope === "changed") return this.#expected.end() === this.#described.end();
    return this.detailed === this.listed.added + this.listed.changed + this.listed.removed;
  }

  /** The bounded list. Call it once, at the end, with `digest`. */
  changes(): { changes: Change[]; truncated: boolean } {
    this.#settle();
    const changes: Change[] = [];
    const { added, changed, removed } = this.listed;
    let cut = false;
    let room = this.limits.text;
    for (const kind of ["changed", "removed", "added"] as const) {
      for (const item of this.#kept[kind].items) {
        if (changes.length === this.limits.changes) break;
        const path = encodePath(item.path);
        const text = item.attributes.reduce(
          (sum, { name, old, new: now }) =>
            sum + name.length + (old?.length ?? 0) + (now?.length ?? 0),
          path.length,
        );
        if (path.length > room) return { changes, truncated: true };
        const fits = text <= room;
        const fileType = item.fileType === undefined ? {} : { fileType: item.fileType };
        changes.push({ path, kind, ...fileType, attributes: fits ? item.attributes : [] });
        if (!fits) return { changes, truncated: true };
        room -= text;
        cut ||= item.cut;
      }
    }
    return { changes, truncated: cut || changes.length < added + changed + removed };
  }

  digest(): string {
    return this.#digest.end();
  }

  #begin(name: string): void {
    this.#name = undefined;
    const bytes = encodedName(name);
    this.#digest.add(nameTag, bytes, 0, bytes.length);
    if (this.#current !== undefined) this.#pending = { name, old: undefined, new: undefined };
  }

  /** Puts the attribute whose values have all come to its entry, if that is kept. */
  #settle(): void {
    const pending = this.#pending;
    const current = this.#current;
    this.#pending = undefined;
    this.#name = undefined;
    if (pending === undefined || current === undefined) return;
    const change: AttributeChange = { name: pending.name };
    let size = pending.name.length;
    for (const side of ["old", "new"] as const) {
      const value = pending[side];
      if (value === undefined) continue;
      const text = value.end();
      change[side] = text;
      size += text.length;
      current.item.cut ||= value.cut;
    }
    if (this.#kept[current.kind].fits(size)) current.item.attributes.push(change);
    else current.item.cut = true;
  }
}
