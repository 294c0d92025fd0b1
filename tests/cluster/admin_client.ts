/** The calls that tell whether a cluster works, made as its admin. */

/** What the API server answered; the body is read as JSON where it is. */
export interface Answer {
  code: number;
  text: string;
}

/** A client of one API server with the admin's certificate. */
export class AdminClient implements Disposable {
  readonly #server: string;
  readonly #http: Deno.HttpClient;
  readonly #closed = new AbortController();

  private constructor(server: string, http: Deno.HttpClient) {
    this.#server = server;
    this.#http = http;
  }

  /** Opens a client with the certificates in the directory `pki`. */
  static async open(server: string, pki: string): Promise<AdminClient> {
    const [ca, cert, key] = await Promise.all(
      ["ca.crt", "admin.crt", "admin.key"].map((file) => Deno.readTextFile(`${pki}/${file}`)),
    );
    const credentials = { caCerts: [ca ?? ""], cert: cert ?? "", key: key ?? "" };
    return new AdminClient(server, Deno.createHttpClient({ ...credentials, http2: false }));
  }

  /** One call; `path` may be a URL of another server that the same authority vouches for. Throws where none answers. */
  async call(path: string, body?: unknown, method = body === undefined ? "GET" : "POST"): Promise<
    Answer
  > {
    const response = await fetch(new URL(path, this.#server), {
      method,
      client: this.#http,
      signal: AbortSignal.any([AbortSignal.timeout(10_000), this.#closed.signal]),
      ...body === undefined ? {} : {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json" },
      },
    });
    return { code: response.status, text: await response.text() };
  }

  /** Whether a GET of `path` is answered with 200. */
  async finds(path: string): Promise<boolean> {
    return await this.call(path).then(({ code }) => code === 200, () => false);
  }

  /** Ends its calls and closes its connections. */
  [Symbol.dispose](): void {
    this.#closed.abort();
    this.#http.close();
  }
}
