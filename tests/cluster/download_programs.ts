/** Downloads the programs of a control plane: the set for tests of the API server, and the rest of that release. */
import { createHash } from "node:crypto";
import { parse } from "@std/yaml";
import { runCommand } from "../setup/run_command.ts";
import { programsHome } from "./clusters_home.ts";
import { architecture } from "./go_build.ts";
import { keepDirectory } from "./kept_programs.ts";
import type { ProgressLine } from "./progress_line.ts";

/** Where the programs are downloaded from. */
export interface DownloadSources {
  /** URL of the index of archives with etcd, kube-apiserver and kubectl, which has their digests. */
  index: string;
  /** URL below which a release has its programs: `<version>/bin/linux/<architecture>/<program>`, and `.sha256`. */
  releases: string;
}

/** What `FIO_CLUSTER_ENVTEST_INDEX` and `FIO_CLUSTER_DOWNLOADS` name, else where Kubernetes publishes them. */
export function downloadSources(): DownloadSources {
  return {
    index: Deno.env.get("FIO_CLUSTER_ENVTEST_INDEX") ||
      "https://raw.githubusercontent.com/kubernetes-sigs/controller-tools/HEAD/envtest-releases.yaml",
    releases: (Deno.env.get("FIO_CLUSTER_DOWNLOADS") || "https://dl.k8s.io/release").replace(
      /\/+$/,
      "",
    ),
  };
}

/** How a download is run. */
export interface DownloadOptions {
  /** The minor version to take the newest release of: "1.36". */
  series: string;
  progress: ProgressLine;
  signal: AbortSignal;
  sources?: DownloadSources;
}

interface Index {
  releases: Record<string, Record<string, { hash: string; selfLink: string }>>;
}

interface Archive {
  /** "1.36.2" */
  version: string;
  url: string;
  sha512: string;
}

/** The archive of the newest release of a minor version that an index has for this machine. */
export function newestArchive(index: unknown, series: string, platform: string): Archive {
  const releases = Object.entries((index as Index | null)?.releases ?? {})
    .filter(([version]) => new RegExp(`^v${series.replace(".", "\\.")}\\.\\d+$`).test(version))
    .sort(([a], [b]) => Number(a.split(".")[2]) - Number(b.split(".")[2]));
  for (const [version, files] of releases.reverse()) {
    const file = files[`envtest-${version}-${platform}.tar.gz`];
    if (file?.selfLink !== undefined && /^[0-9a-f]{128}$/.test(file.hash)) {
      return { version: version.slice(1), url: file.selfLink, sha512: file.hash };
    }
  }
  throw new Error(`The index of archives has none of Kubernetes ${series} for ${platform}`);
}

const silenceSeconds = 60;

/** Reads what a URL has, piece by piece; throws when it is silent for a minute. */
async function read(
  url: string,
  signal: AbortSignal,
  take: (bytes: Uint8Array<ArrayBuffer>, total: number) => Promise<void>,
): Promise<void> {
  const silent = new AbortController();
  const watchdog = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => silent.abort(), silenceSeconds * 1000);
  let timer = watchdog();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, silent.signal]) });
    const total = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the answer is ${response.status} ${response.statusText}`.trim());
    }
    for await (const bytes of response.body) {
      clearTimeout(timer);
      timer = watchdog();
      await take(bytes, total);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (silent.signal.aborted) {
      throw new Error(`Cannot download ${url}: nothing came for ${silenceSeconds} s`, { cause });
    }
    const reason = cause instanceof Error
      ? (cause.cause instanceof Error ? cause.cause : cause).message
      : String(cause);
    throw new Error(`Cannot download ${url}: ${reason}`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

const smallLimit = 8 * 1024 * 1024;

async function readText(url: string, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  await read(url, signal, (bytes) => {
    pieces.push(bytes);
    length += bytes.length;
    if (length > smallLimit) throw new Error(`it has more than ${smallLimit} bytes`);
    return Promise.resolve();
  });
  return await new Blob(pieces).text();
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

async function download(
  url: string,
  path: string,
  expected: { algorithm: "sha256" | "sha512"; digest: string },
  { progress, signal }: DownloadOptions,
): Promise<void> {
  const hash = createHash(expected.algorithm);
  let length = 0;
  const file = await Deno.open(path, { create: true, truncate: true, write: true, mode: 0o755 });
  const writer = file.writable.getWriter();
  try {
    await read(url, signal, async (bytes, total) => {
      hash.update(bytes);
      length += bytes.length;
      await writer.write(bytes);
      const of = total > 0 ? ` of ${megabytes(total)}` : "";
      progress.update(`Downloading ${url}: ${megabytes(length)}${of}`);
    });
  } finally {
    await writer.close();
  }
  const digest = hash.digest("hex");
  if (digest !== expected.digest) {
    throw new Error(
      `Cannot use ${url}: its ${expected.algorithm} is ${digest}, but ${expected.digest} is published`,
    );
  }
}

async function unpack(archive: string, directory: string): Promise<void> {
  const names = (await runCommand("tar", ["--list", "--gzip", "--file", archive])).split("\n");
  for (const program of ["etcd", "kube-apiserver", "kubectl"]) {
    const inside = names.find((name) => name.split("/").at(-1) === program);
    if (inside === undefined) throw new Error(`Cannot find ${program} in the archive`);
    const depth = inside.replace(/^\.\//, "./").split("/").length - 1;
    const where = [`--strip-components=${depth}`, `--directory=${directory}`];
    await runCommand("tar", ["--extract", "--gzip", "--file", archive, ...where, inside]);
  }
}

async function fill(directory: string, archive: Archive, options: DownloadOptions): Promise<void> {
  const { signal, sources = downloadSources() } = options;
  const file = `${directory}/archive.tar.gz`;
  const published = { algorithm: "sha512", digest: archive.sha512 } as const;
  await download(archive.url, file, published, options);
  await unpack(file, directory);
  await Deno.remove(file);
  for (const program of ["kube-controller-manager", "kube-scheduler"]) {
    const url = `${sources.releases}/v${archive.version}/bin/linux/${architecture()}/${program}`;
    const digest = /^[0-9a-f]{64}\b/.exec(await readText(`${url}.sha256`, signal))?.[0];
    if (digest === undefined) throw new Error(`Cannot use ${url}.sha256: it has no digest`);
    await download(url, `${directory}/${program}`, { algorithm: "sha256", digest }, options);
    await Deno.chmod(`${directory}/${program}`, 0o755);
  }
}

const prefix = (series: string): string => `downloaded-${architecture()}-${series}.`;

/** The downloaded programs of a minor version that are kept, of the newest release. */
export async function keptDownload(series: string): Promise<string | undefined> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(programsHome())) {
      const patch = name.slice(prefix(series).length);
      if (isDirectory && name.startsWith(prefix(series)) && /^\d+$/.test(patch)) names.push(patch);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  const newest = names.sort((a, b) => Number(a) - Number(b)).at(-1);
  return newest === undefined ? undefined : `${programsHome()}/${prefix(series)}${newest}`;
}

/**
 * Downloads the programs, checks each against its published digest and gives their directory. Throws where anything
 * is missing, cut short or not what was published; then nothing is left of it.
 */
export async function downloadPrograms(options: DownloadOptions): Promise<string> {
  const { series, progress, signal, sources = downloadSources() } = options;
  try {
    progress.say(`Downloading the control plane of Kubernetes ${series}`);
    const index = parse(await readText(sources.index, signal));
    const archive = newestArchive(index, series, `linux-${architecture()}`);
    const patch = archive.version.split(".")[2] ?? "";
    return await keepDirectory(prefix(series) + patch, {
      waiting: () => progress.say("Another process downloads it: waiting for it"),
      fill: (directory) => fill(directory, archive, options),
    });
  } finally {
    progress.end();
  }
}
