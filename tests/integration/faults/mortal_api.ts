/** A client of the API server that dies in the middle of its work, as a process that is killed does. */

import type {
  Applied,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  KubeApi,
  ListOptions,
  MergePatch,
  ObjectAddress,
  WatchOptions,
  WriteOptions,
} from "../../../src/kube/kube_api.ts";
import type { KubeList, KubeObject, WatchEvent } from "../../../src/kube/kube_object.ts";
import type { Resource } from "../../../src/kube/resource.ts";

/** Why nothing is sent any more. */
export class Killed extends Error {
  override name = "Killed";
}

/** The API as one life of a process sees it. */
export class MortalApi implements KubeApi {
  /** The writes that were sent: `<verb> <plural>`. */
  readonly writes: string[] = [];
  readonly #api: KubeApi;
  readonly #died: () => void;
  #left = Infinity;
  #dead = false;

  /** `died` is called at the moment of death; it is to end all work of the process. */
  constructor(api: KubeApi, died: () => void) {
    this.#api = api;
    this.#died = died;
  }

  /** Dies when so many more writes have changed something, before the process learns of the last one. */
  dieAfter(writes: number): void {
    this.#left = writes;
  }

  async #write<R>(what: string, send: () => Promise<R>): Promise<R> {
    this.#alive();
    this.writes.push(what);
    const answer = await send();
    if (--this.#left === 0) {
      this.#dead = true;
      this.#died();
    }
    this.#alive();
    return answer;
  }

  #alive(): void {
    if (this.#dead) throw new Killed("The process was killed");
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options?: CallOptions,
  ): Promise<T> {
    this.#alive();
    return await this.#api.get(resource, address, options);
  }

  async *pages<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): AsyncGenerator<KubeList<T>, void> {
    this.#alive();
    yield* this.#api.pages(resource, options);
  }

  async list<T extends KubeObject>(
    resource: Resource<T>,
    options?: ListOptions,
  ): Promise<KubeList<T>> {
    this.#alive();
    return await this.#api.list(resource, options);
  }

  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    this.#alive();
    yield* this.#api.watch(resource, options);
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T> {
    const send = (): Promise<T> => this.#api.create(resource, object, options);
    return await this.#write(`create ${resource.plural}`, send);
  }

  async apply<T extends KubeObject>(
    resource: Resource<T>,
    object: Applied<T>,
    options: ApplyOptions,
  ): Promise<T> {
    const send = (): Promise<T> => this.#api.apply(resource, object, options);
    return await this.#write(`apply ${resource.plural}`, send);
  }

  async replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions,
  ): Promise<T> {
    const send = (): Promise<T> => this.#api.replace(resource, object, options);
    return await this.#write(`replace ${resource.plural}`, send);
  }

  async mergePatch<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    patch: MergePatch,
    options?: WriteOptions,
  ): Promise<T> {
    const what = [resource.plural, options?.subresource].filter(Boolean).join("/");
    const send = (): Promise<T> => this.#api.mergePatch(resource, address, patch, options);
    return await this.#write(`patch ${what}`, send);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    address: ObjectAddress,
    options?: DeleteOptions,
  ): Promise<void> {
    const send = (): Promise<void> => this.#api.delete(resource, address, options);
    await this.#write(`delete ${resource.plural}`, send);
  }
}
