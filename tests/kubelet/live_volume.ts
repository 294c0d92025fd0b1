/** A volume whose files follow the API while a pod runs. */
import type {
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "kubernetes-types/core/v1.d.ts";
import { AtomicDirectory } from "./atomic_directory.ts";
import type { NodeMaps } from "./followed_maps.ts";
import type { Pod } from "./kinds.ts";
import type { BoundToken, KubeletApi } from "./kubelet_api.ts";
import { mapsOf, projectedFiles } from "./projected_files.ts";

// A kubelet renews a token when less than a fifth of its time is left.
const spentShare = 0.8;

/** What a volume is made of. */
export interface LiveVolumeOptions {
  pod: Pod;
  sources: readonly VolumeProjection[];
  maps: NodeMaps;
  api: KubeletApi;
  directory: AtomicDirectory;
  /** Told of what keeps the volume from being as the API has it. */
  onError(error: unknown): void;
}

/** A directory that is written again when a ConfigMap or a Secret of it changes, and when a token of it gets old. */
export class LiveVolume implements Disposable {
  readonly #options: LiveVolumeOptions;
  readonly #tokens = new Map<string, BoundToken>();
  readonly #update: () => void;
  #written = Promise.resolve();
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  private constructor(options: LiveVolumeOptions) {
    this.#options = options;
    this.#update = () => {
      this.#written = this.#written.then(() => this.#write()).catch((error) => {
        if (!this.#over) options.onError(error);
      });
    };
  }

  /** Fills the directory; rejects where something that has to be there is missing. */
  static async mount(options: LiveVolumeOptions): Promise<LiveVolume> {
    const volume = new LiveVolume(options);
    const { maps, pod, sources } = options;
    maps.follow(mapsOf(pod, sources), volume.#update);
    try {
      const first = volume.#written.then(() => volume.#write());
      volume.#written = first.catch(() => {}); // what comes in between waits for it
      await first;
      return volume;
    } catch (error) {
      volume[Symbol.dispose]();
      throw error;
    }
  }

  /** Resolves when it is written as the changes until now want it. */
  get settled(): Promise<void> {
    return this.#written;
  }

  /** Replaces its tokens by new ones. */
  async renewTokens(): Promise<void> {
    this.#tokens.clear();
    this.#update();
    await this.#written;
  }

  async #write(): Promise<void> {
    if (this.#over) return;
    const { pod, maps, sources, directory } = this.#options;
    const token = (wanted: ServiceAccountTokenProjection): Promise<BoundToken> =>
      this.#token(wanted);
    const files = await projectedFiles({ pod, maps, token }, sources);
    if (!this.#over) await directory.write(files);
  }

  async #token(wanted: ServiceAccountTokenProjection): Promise<BoundToken> {
    const known = this.#tokens.get(wanted.path);
    if (known !== undefined) return known;
    const made = await this.#options.api.token(this.#options.pod, wanted);
    this.#tokens.set(wanted.path, made);
    this.#renewLater(made);
    return made;
  }

  #renewLater({ expires }: BoundToken): void {
    if (this.#over || this.#renewal !== undefined) return;
    this.#renewal = setTimeout(() => {
      this.#renewal = undefined;
      this.#tokens.clear();
      this.#update();
    }, (expires - Date.now()) * spentShare);
  }

  [Symbol.dispose](): void {
    this.#over = true;
    clearTimeout(this.#renewal);
    this.#options.maps.forget(this.#update);
  }
}
