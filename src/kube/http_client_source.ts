import { KubeError } from "./kube_error.ts";

/** What TLS needs to know, in PEM. */
export interface TlsMaterial {
  /** Authorities whose signature a server's certificate needs; Deno's own where absent. */
  ca?: string;
  cert?: string;
  key?: string;
}

/** Keeps one HTTP client, and makes another when the TLS material differs. */
export class HttpClientSource implements Disposable {
  readonly #proxy: Deno.Proxy | undefined;
  #client: Deno.HttpClient | undefined;
  #material = "";
  #closed = false;

  constructor(proxy?: Deno.Proxy) {
    this.#proxy = proxy;
  }

  /**
   * The client for `material`; the one before where the material is not whole, as it may be while it is replaced.
   * Throws "unauthorized" for material that was never good.
   */
  client(material: TlsMaterial): Deno.HttpClient {
    if (this.#closed) throw new Error("Cannot connect: the connection was closed");
    const { ca, cert, key } = material;
    const text = JSON.stringify([ca, cert, key]);
    if (this.#client !== undefined && this.#material === text) return this.#client;
    let made;
    try {
      made = this.#make(material);
    } catch (cause) {
      if (this.#client !== undefined) return this.#client;
      throw new KubeError(
        "unauthorized",
        "Cannot connect to the API server: the certificates or the key for it are not PEM; get new ones",
        { cause },
      );
    }
    // Requests under way hold what they need of it.
    this.#client?.close();
    this.#client = made;
    this.#material = text;
    return made;
  }

  // HTTP/1.1 only: over HTTP/2 one connection that falls silent would take every request with it, and Deno sends no
  // pings.
  #make({ ca, cert, key }: TlsMaterial): Deno.HttpClient {
    return Deno.createHttpClient({
      http2: false,
      ...ca === undefined ? {} : { caCerts: [ca] },
      ...cert === undefined || key === undefined ? {} : { cert, key },
      ...this.#proxy === undefined ? {} : { proxy: this.#proxy },
    });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#client?.close();
    this.#client = undefined;
  }
}
