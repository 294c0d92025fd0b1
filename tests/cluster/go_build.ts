/** Builds the programs of a control plane from `control_plane`, a Go module, once for each of its versions. */
import { programsHome } from "./clusters_home.ts";
import { keepDirectory } from "./kept_programs.ts";
import { programNames } from "./programs.ts";
import type { ProgressLine } from "./progress_line.ts";

const source = new URL("control_plane", import.meta.url).pathname;

/** How a build is run. */
export interface BuildOptions {
  progress: ProgressLine;
  signal: AbortSignal;
  /** Told of every process that is started, so that somebody else can end it. */
  started?: (pid: number) => Promise<void>;
}

/** The version of Kubernetes that the module builds: "1.36.2". */
export async function builtVersion(): Promise<string> {
  const version = /^\s*k8s\.io\/kubernetes v(\S+)$/m.exec(
    await Deno.readTextFile(`${source}/go.mod`),
  )?.[1];
  if (version === undefined) throw new Error(`Cannot find k8s.io/kubernetes in ${source}/go.mod`);
  return version;
}

/** What the programs say of themselves: without these they would not know their version. */
export function versionFlags(version: string): string {
  const [major, minor] = version.split(".");
  const values = {
    gitVersion: `v${version}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: "clean",
  };
  return Object.entries(values)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`).join(" ");
}

/** This machine's architecture, as Go and Kubernetes name it. */
export function architecture(): string {
  const names: Record<string, string> = { x86_64: "amd64", aarch64: "arm64" };
  return names[Deno.build.arch] ?? Deno.build.arch;
}

/** What the directories of builds of this module begin with: a digest of all its files, and the architecture. */
async function sourceKey(): Promise<string> {
  const files = await Promise.all(
    ["go.mod", "go.sum", "main.go"].map((file) => Deno.readTextFile(`${source}/${file}`)),
  );
  const digest = await crypto.subtle.digest(
    "SHA-256",
    new TextEncoder().encode(JSON.stringify(files)),
  );
  return `built-${new Uint8Array(digest).toHex().slice(0, 16)}-${architecture()}-`;
}

/** The version of the Go that `PATH` has, "go1.26.8"; nothing where it has none. */
export async function goVersion(): Promise<string | undefined> {
  try {
    const { code, stdout } = await new Deno.Command("go", {
      args: ["env", "GOVERSION"],
      cwd: source, // the module may ask for a newer one, which Go then brings
      stdin: "null",
      stderr: "inherit",
    }).output();
    const version = new TextDecoder().decode(stdout).trim();
    return code === 0 && /^[\w.+-]+$/.test(version) ? version : undefined;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
}

/** A build of this module that is kept: by the Go that is there, or by any where there is none. */
export async function keptBuild(): Promise<string | undefined> {
  const [key, version] = await Promise.all([sourceKey(), goVersion()]);
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(programsHome())) {
      if (isDirectory && name.startsWith(key) && !name.endsWith(".half")) names.push(name);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  const name = version === undefined
    ? names.sort().at(-1)
    : names.find((one) => one === key + version);
  return name === undefined ? undefined : `${programsHome()}/${name}`;
}

async function* lines(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) {
    const all = (rest + piece).split("\n");
    rest = all.pop() ?? "";
    yield* all;
  }
  if (rest !== "") yield rest;
}

async function go(
  args: readonly string[],
  { signal, started }: BuildOptions,
  onLine: (line: string) => void = () => {},
): Promise<string> {
  signal.throwIfAborted();
  const child = new Deno.Command("go", {
    args: [...args],
    cwd: source,
    env: { GOWORK: "off" }, // a workspace around this repository is for other modules
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // An interrupted go removes what it has in the temporary directory; a terminated one does not.
  const abort = (): void => {
    try {
      child.kill("SIGINT");
    } catch {
      // it has ended
    }
  };
  signal.addEventListener("abort", abort);
  try {
    await started?.(child.pid);
    const said: string[] = [];
    const read = async (): Promise<void> => {
      for await (const line of lines(child.stderr)) {
        said.push(line);
        onLine(line);
      }
    };
    const [stdout, { code }] = await Promise.all([
      new Response(child.stdout).text(),
      child.status,
      read(),
    ]);
    signal.throwIfAborted();
    if (code !== 0) {
      throw new Error(`"go ${args[0]}" ended with ${code}: ${said.slice(-10).join("\n")}`);
    }
    return stdout.trim();
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function build(directory: string, options: BuildOptions): Promise<void> {
  const { progress } = options;
  progress.say("Building the control plane with Go; this takes some minutes, once");
  progress.update("Reading the packages, and downloading those that are missing");
  const downloaded = (line: string): void => {
    if (line.startsWith("go: downloading")) progress.update(line.slice("go: ".length));
  };
  const packages = (await go(["list", "-deps", "."], options, downloaded)).split("\n").length;
  let done = 0;
  progress.update(`Built 0 of ${packages} packages`);
  await go(
    [
      ...["build", "-v", "-trimpath", "-buildvcs=false"],
      ...["-ldflags", `-s -w ${versionFlags(await builtVersion())}`],
      ...["-o", `${directory}/control-plane`, "."],
    ],
    options,
    (line) => {
      // What Go has in its own cache is not printed: a second build jumps to the end.
      if (/^[\w.-]+(\/\S+)?$/.test(line)) {
        progress.update(`Built ${++done} of ${packages} packages`);
      }
    },
  );
  for (const name of programNames) await Deno.symlink("control-plane", `${directory}/${name}`);
}

/**
 * Builds the programs and gives their directory. Throws what Go said where it fails, and the signal's reason where
 * that fired; then nothing is left of it.
 */
export async function goBuild(options: BuildOptions): Promise<string> {
  const version = await goVersion();
  if (version === undefined) throw new Error("There is no usable go on PATH");
  const began = performance.now();
  try {
    return await keepDirectory(await sourceKey() + version, {
      waiting: () =>
        options.progress.say("Another process builds the control plane: waiting for it"),
      fill: async (directory) => {
        await build(directory, options);
        const seconds = Math.round((performance.now() - began) / 1000);
        options.progress.say(`Built the control plane in ${seconds} s`);
      },
    });
  } finally {
    options.progress.end();
  }
}
