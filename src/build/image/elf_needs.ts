/** What a program or library is linked with. */

/** As its ELF headers say. */
export interface ElfNeeds {
  /** Path of the dynamic loader; a library has none. */
  interpreter?: string;
  /** Names of libraries: "libc.so.6". */
  libraries: string[];
}

const load = 1, dynamic = 2, interpreter = 3; // types of program headers
const end = 0, needed = 1, stringTable = 5; // tags of dynamic entries

const text = (bytes: Uint8Array, at: number): string => {
  const stop = bytes.indexOf(0, at);
  return new TextDecoder().decode(bytes.subarray(at, stop < 0 ? bytes.length : stop));
};

/** Reads a 64-bit little-endian ELF file, which all of ours are; undefined for a file of another kind. */
export function elfNeeds(bytes: Uint8Array<ArrayBuffer>): ElfNeeds | undefined {
  if (bytes.length < 64 || text(bytes.subarray(0, 6), 0) !== "\x7fELF\x02\x01") return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (at: number): number => Number(view.getBigUint64(at, true));
  const [table, size, count] = [number(32), view.getUint16(54, true), view.getUint16(56, true)];
  const headers = Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      ...{ type: view.getUint32(at, true), offset: number(at + 8), address: number(at + 16) },
      length: number(at + 32),
    };
  });
  const offsetOf = (address: number): number => {
    const segment = headers.find((header) =>
      header.type === load && address >= header.address && address < header.address + header.length
    );
    if (segment === undefined) throw new RangeError("Cannot read an ELF file: a table is nowhere");
    return address - segment.address + segment.offset;
  };
  const loader = headers.find(({ type }) => type === interpreter);
  const entries: { tag: number; value: number }[] = [];
  const list = headers.find(({ type }) => type === dynamic);
  for (let at = list?.offset ?? 0; list && at < list.offset + list.length; at += 16) {
    const entry = { tag: number(at), value: number(at + 8) };
    if (entry.tag === end) break;
    entries.push(entry);
  }
  const names = entries.find(({ tag }) => tag === stringTable);
  return {
    ...(loader && { interpreter: text(bytes, loader.offset) }),
    libraries: entries.filter(({ tag }) => tag === needed)
      .map(({ value }) => text(bytes, offsetOf(names?.value ?? 0) + value)),
  };
}
