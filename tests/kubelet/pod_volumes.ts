/** The volumes of a pod on a fake node. */
import type { HostPathVolumeSource, Volume } from "kubernetes-types/core/v1.d.ts";
import { AtomicDirectory } from "./atomic_directory.ts";
import { type Mount, mountAbove } from "./container_script.ts";
import type { NodeMaps } from "./followed_maps.ts";
import type { Container, Pod } from "./kinds.ts";
import type { KubeletApi } from "./kubelet_api.ts";
import { LiveVolume } from "./live_volume.ts";
import { NotSupported } from "./not_supported.ts";
import { projections } from "./projected_files.ts";

/** Where the volumes of a pod come from. */
export interface VolumeSurroundings {
  api: KubeletApi;
  maps: NodeMaps;
  /** The directory that stands for the node's root. */
  hostRoot: string;
  /** A directory of the pod's own. */
  directory: string;
  onError(error: unknown): void;
}

interface Place {
  path: string;
  file?: boolean;
  /** Its files come from the API. */
  live?: boolean;
}

async function found(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function hostPlace(root: string, { path, type = "" }: HostPathVolumeSource): Promise<Place> {
  const at = path === "/" ? root : `${root}/${path.replace(/^\/+|\/+$/g, "")}`;
  const there = await found(at);
  const refuse = (why: string): Error => new Error(`Cannot mount the host's ${path}: ${why}`);
  switch (type) {
    case "":
    case "DirectoryOrCreate":
      if (there === undefined) await Deno.mkdir(at, { recursive: true, mode: 0o755 });
      else if (type !== "" && !there.isDirectory) throw refuse("it is no directory");
      return { path: at, file: there?.isDirectory === false };
    case "Directory":
      if (there?.isDirectory !== true) throw refuse("it is no directory");
      return { path: at };
    case "FileOrCreate":
      if (there === undefined) await Deno.writeTextFile(at, "");
      return { path: at, file: true };
    case "File":
      if (there?.isFile !== true) throw refuse("it is no file");
      return { path: at, file: true };
    default:
      throw new NotSupported(`Cannot mount the host's ${path}: its type ${type} is not known`);
  }
}

/** The volumes of a pod while it is on a node. */
export class PodVolumes implements Disposable {
  readonly #surroundings: VolumeSurroundings;
  readonly #places = new Map<string, Place>();
  readonly #live: LiveVolume[] = [];

  private constructor(surroundings: VolumeSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Makes them; rejects where one can't be made yet, or not at all. */
  static async make(pod: Pod, surroundings: VolumeSurroundings): Promise<PodVolumes> {
    const made = new PodVolumes(surroundings);
    try {
      for (const volume of pod.spec?.volumes ?? []) {
        made.#places.set(volume.name, await made.#place(pod, volume));
      }
      return made;
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
  }

  async #place(pod: Pod, volume: Volume): Promise<Place> {
    const { api, maps, hostRoot, onError } = this.#surroundings;
    const { name, hostPath, emptyDir } = volume;
    if (hostPath !== undefined) return await hostPlace(hostRoot, hostPath);
    const path = `${this.#surroundings.directory}/volumes/${name}`;
    if (emptyDir !== undefined) {
      await Deno.mkdir(path, { recursive: true });
      await Deno.chmod(path, 0o777);
      return { path };
    }
    const projected = projections(volume);
    if (projected === undefined) {
      throw new NotSupported(
        `Cannot mount the volume ${name}: its kind is not known to the test's kubelet`,
      );
    }
    // What an attempt before this one left: only a live volume knows what it wrote.
    await Deno.remove(path, { recursive: true }).catch(() => {});
    const { sources, mode } = projected;
    const directory = new AtomicDirectory(path, mode);
    this.#live.push(await LiveVolume.mount({ pod, sources, maps, api, directory, onError }));
    return { path, live: true };
  }

  /**
   * Where a container has them, beside what it has of its image. Makes the places inside of volumes on which others, and
   * parts of the image, are mounted, where it may: a checkout below /tmp is hidden by the pod's own /tmp otherwise.
   */
  async mounts({ volumeMounts = [] }: Container, ofImage: readonly Mount[] = []): Promise<Mount[]> {
    const mounts = volumeMounts.map(({ name, mountPath, readOnly, subPath }): Mount => {
      const place = this.#places.get(name);
      if (place === undefined) throw new Error(`Cannot mount ${name}: the pod has no such volume`);
      if (subPath !== undefined) {
        throw new NotSupported(`Cannot mount ${name}: the test's kubelet knows no subPath`);
      }
      return {
        ...{ source: place.path, path: mountPath.replace(/\/+$/, "") },
        readOnly: readOnly === true || place.live === true, // a kubelet lets no container write there
        ...place.file && { file: true },
      };
    });
    for (const { path, file } of [...mounts, ...ofImage]) {
      const above = mountAbove(path, mounts);
      if (above === undefined) continue;
      const at = above.source + path.slice(above.path.length);
      if (await found(at) !== undefined) continue;
      const isOfImage = ofImage.some((one) => one.path === path);
      if (above.readOnly || file && !isOfImage) {
        throw new Error(`Cannot mount ${path}: there is nothing to mount it on in ${above.path}`);
      }
      await Deno.mkdir(file ? at.slice(0, at.lastIndexOf("/")) : at, { recursive: true });
      if (file) await Deno.writeTextFile(at, "");
    }
    return mounts;
  }

  /** Replaces the tokens in them by new ones. */
  async renewTokens(): Promise<void> {
    for (const volume of this.#live) await volume.renewTokens();
  }

  /** Ends their updates, and waits for those under way. */
  async close(): Promise<void> {
    this[Symbol.dispose]();
    await Promise.all(this.#live.map(({ settled }) => settled));
  }

  [Symbol.dispose](): void {
    for (const volume of this.#live) volume[Symbol.dispose]();
  }
}
