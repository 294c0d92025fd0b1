/**
 * What the node core asks of the file system that holds its state. Every method is one step at which a machine can
 * stop, which is how the crash tests walk through them.
 */
export interface Disk {
  /** Makes the directory, and its parents, for root alone. */
  makeDirectory(path: string): Promise<void>;
  /** The names in a directory; none when there is no such directory. */
  list(path: string): Promise<string[]>;
  /** The whole text of a file; nothing when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** The bytes of a file as a stream; nothing when there is no such file. */
  open(path: string): Promise<ReadableStream<Uint8Array> | undefined>;
  /** Writes a new file, or replaces the content of one, and waits until it is on the disk. */
  write(path: string, content: string | ReadableStream<Uint8Array>): Promise<void>;
  /** Waits until the content of a file, or the names in a directory, are on the disk. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; no error when that name is there already. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file or an empty directory; no error when there is none. */
  remove(path: string): Promise<void>;
}

async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function sync(path: string): Promise<void> {
  using file = await Deno.open(path);
  await file.sync();
}

async function writeChunk(file: Deno.FsFile, chunk: Uint8Array): Promise<void> {
  for (let rest = chunk; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}

async function write(path: string, content: string | ReadableStream<Uint8Array>): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true, truncate: true, mode: 0o600 });
  // Not `pipeTo(file.writable)`: with `preventClose` Deno 2.9 loses what it wrote.
  if (typeof content === "string") await writeChunk(file, new TextEncoder().encode(content));
  else for await (const chunk of content) await writeChunk(file, chunk);
  await file.sync();
}

async function list(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(path)) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}

/** The local file system. Errors are Deno's own, with the system's `code`. */
export const localDisk: Disk = {
  makeDirectory: (path) => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  list,
  readText: (path) => orNothing(Deno.readTextFile(path)),
  open: async (path) => (await orNothing(Deno.open(path)))?.readable,
  write,
  sync,
  rename: (from, to) => Deno.rename(from, to),
  link: async (from, to) => {
    try {
      await Deno.link(from, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  },
  remove: async (path) => {
    await orNothing(Deno.remove(path));
  },
};

/** Replaces a file so that at every moment the old or the new content is there, whole. */
export async function replaceFile(disk: Disk, path: string, content: string): Promise<void> {
  const aside = `${path}.tmp`;
  await disk.write(aside, content);
  await disk.rename(aside, path);
  await disk.sync(path.slice(0, path.lastIndexOf("/")) || "/");
}
