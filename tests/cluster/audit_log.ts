/** The audit log of a cluster, which grows large: it is read from where a reader was before. */

/** An entry. A caller whom the server did not know has the name "". */
// deno-lint-ignore no-explicit-any
export type AuditEntry = any;

/** Entries, and where those begin that were not there yet: a number of bytes. */
export interface AuditEntries {
  entries: AuditEntry[];
  end: number;
}

/** More than an entry is long. */
const longest = 1024 * 1024;

async function bytesFrom(path: string, from: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  return new Uint8Array(await new Response(file.readable).arrayBuffer());
}

function entryOf(line: string): AuditEntry {
  const { user, ...entry } = JSON.parse(line);
  return { ...entry, user: { username: "", ...user } };
}

/** Where the entries begin that are not there yet. */
export async function auditEnd(path: string): Promise<number> {
  const { size } = await Deno.stat(path);
  const from = Math.max(0, size - longest);
  return from + (await bytesFrom(path, from)).lastIndexOf(0x0a) + 1; // behind it one may be half written
}

/** The entries from `from` on that are complete. */
export async function auditEntries(path: string, from: number): Promise<AuditEntries> {
  const bytes = await bytesFrom(path, from);
  const complete = bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1);
  const lines = new TextDecoder().decode(complete).split("\n").filter((line) => line !== "");
  return { entries: lines.map(entryOf), end: from + complete.length };
}
