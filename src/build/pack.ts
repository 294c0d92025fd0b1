// deno-lint-ignore-file no-console -- a command line tool
/** Packs the program as one file that unpacks itself on its first run: `deno task pack`. */
import { bundle } from "./bundle.ts";
import { command } from "./command.ts";
import { packScript } from "./pack_script.ts";
import { builtFrom, sourceState } from "./source_state.ts";
import { tarStream } from "./tar_stream.ts";

const root = new URL("../..", import.meta.url).pathname;

/** A packed file. */
export interface Packed {
  path: string;
  /** In bytes. */
  size: number;
}

async function hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

async function archive(directory: string, names: readonly string[]): Promise<Uint8Array> {
  const tar = `${directory}/payload.tar`;
  await Deno.writeFile(tar, ReadableStream.from(tarStream(directory, names, "u=rwX,go=rX")));
  await command("gzip", ["--no-name", tar]);
  return await Deno.readFile(`${tar}.gz`);
}

/** Puts a packed file together out of a Deno program and the directory of a bundle, and gives its bytes. */
export async function packedBytes(deno: string, bundled: string): Promise<Uint8Array> {
  const directory = await Deno.makeTempDir({ prefix: "pack-" });
  try {
    const sources = new Map([["deno", deno]]);
    for await (const { name } of Deno.readDir(bundled)) sources.set(name, `${bundled}/${name}`);
    const names = [...sources.keys()].sort();
    let unpackedSize = 0;
    for (const [name, source] of sources) {
      await Deno.copyFile(source, `${directory}/${name}`);
      await Deno.chmod(`${directory}/${name}`, name === "deno" ? 0o755 : 0o644);
      unpackedSize += (await Deno.stat(source)).size;
    }
    const payload = new Uint8Array(await archive(directory, names));
    const sha256 = await hex(payload);
    const script = new TextEncoder().encode(packScript({ sha256, unpackedSize }));
    const bytes = new Uint8Array(script.length + payload.length);
    bytes.set(script);
    bytes.set(payload, script.length);
    return bytes;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Bundles the program and writes the packed file to `path`; an older one is replaced in one step. */
export async function pack(path = `${root}dist/file-integrity-operator`): Promise<Packed> {
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  const bundled = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    await bundle(bundled, { origin: builtFrom(await sourceState()) });
    const bytes = await packedBytes(Deno.execPath(), bundled);
    await Deno.writeFile(`${path}.new`, bytes);
    await Deno.chmod(`${path}.new`, 0o755);
    await Deno.rename(`${path}.new`, path);
    return { path, size: bytes.length };
  } finally {
    await Deno.remove(bundled, { recursive: true });
  }
}

if (import.meta.main) {
  const { path, size } = await pack();
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB`);
}
