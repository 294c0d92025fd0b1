/** Images that tests build, take apart and run. */
import { imageLayers } from "../../src/build/image/image_parts.ts";

const root = new URL("../..", import.meta.url).pathname;

/** What a program left. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export async function ran(program: string, options: Deno.CommandOptions = {}): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, { stdin: "null", ...options })
    .output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs `deno task image`. */
export async function imageTask(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  return await ran(Deno.execPath(), {
    args: ["task", "--quiet", "image", ...args],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  });
}

/** An index, manifest or configuration of an image. */
// deno-lint-ignore no-explicit-any -- what is in it is what tests assert
export type Document = any;

/** An archive, taken apart. */
export interface OpenedImage {
  /** The directory with the OCI layout. */
  layout: string;
  index: Document;
  manifest: Document;
  config: Document;
  /** The directory with all files of the image. */
  files: string;
  /** The same, of each layer alone. */
  layers: ReadonlyMap<string, string>;
}

async function extract(archive: string, directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const args = [
    "--extract",
    "--preserve-permissions",
    `--file=${archive}`,
    `--directory=${directory}`,
  ];
  const { code, stderr } = await ran("tar", { args });
  if (code !== 0) throw new Error(`Cannot unpack ${archive}: ${stderr}`);
}

/** Takes an archive apart, in a directory. */
export async function openImage(archive: string, directory: string): Promise<OpenedImage> {
  const layout = `${directory}/layout`;
  await extract(archive, layout);
  const blob = (digest: string): string => `${layout}/blobs/${digest.replace(":", "/")}`;
  const read = async (path: string): Promise<Document> => JSON.parse(await Deno.readTextFile(path));
  const index = await read(`${layout}/index.json`);
  const manifest = await read(blob(index.manifests[0].digest));
  const config = await read(blob(manifest.config.digest));
  const layers = new Map<string, string>();
  const files = `${directory}/files`;
  for (const [at, name] of imageLayers.entries()) {
    layers.set(name, `${directory}/${name}`);
    for (const target of [files, `${directory}/${name}`]) {
      await extract(blob(manifest.layers[at].digest), target);
    }
  }
  return { layout, index, manifest, config, files, layers };
}

// The image's files as a container has them: nothing in them can be written to, and /tmp is its own.
const container = `
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev"
mount -t tmpfs -o mode=1777 tmpfs "$1/tmp"
mount -o remount,bind,ro "$1"
files=$1 user=$2
shift 2
while [ "$1" != -- ]; do
  mkdir "$files/tmp/$1"
  mount --bind "$2" "$files/tmp/$1"
  shift 2
done
shift
exec chroot --userspec="$user:$user" --groups= "$files" "$@"`;

/** What is in a container besides the image's files. */
export interface Surroundings {
  /** Directories of this machine, by their names in /tmp. */
  binds?: Record<string, string>;
  env?: Record<string, string>;
}

/** The variables of an image. */
export function imageVariables({ config }: OpenedImage): Record<string, string> {
  return Object.fromEntries(
    config.config.Env.map((variable: string) => variable.split(/=(.*)/s, 2)),
  );
}

/** How `unshare` runs a program of an image in its files, as a user. */
export function containerOptions(
  image: OpenedImage,
  user: number,
  command: readonly string[],
  { binds = {}, env = {} }: Surroundings = {},
): Deno.CommandOptions {
  return {
    args: [
      ...["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", container, "sh"],
      ...[image.files, String(user), ...Object.entries(binds).flat(), "--", ...command],
    ],
    clearEnv: true,
    env: { ...imageVariables(image), ...env },
  };
}

/** Runs a program of an image in its files, as a user. */
export async function runInImage(
  image: OpenedImage,
  user: number,
  command: readonly string[],
  surroundings: Surroundings = {},
): Promise<Ran> {
  return await ran("unshare", containerOptions(image, user, command, surroundings));
}
