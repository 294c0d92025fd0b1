/** A server, and a proxy, that repeat in all that they answer what they were asked, credentials included. */

/** The ways in which it answers, by name. */
const answers: Record<string, (said: string) => Response> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 409, 410, 422, 429, 500, 502, 503, 504].flatMap((status) => [
      [`${status} as text`, (said: string) => new Response(said, { status })],
      [`${status} as Status`, (said: string) =>
        Response.json({
          ...{ kind: "Status", apiVersion: "v1", status: "Failure", code: status },
          message: said,
          details: { causes: [{ message: said }] },
        }, { status })],
    ]),
  ),
  "200 as text": (said) => new Response(said),
  "200 as an object": (said) => Response.json({ kind: said, metadata: { name: said } }),
  "a redirect": (said) =>
    new Response(null, {
      status: 302,
      headers: { location: `/?${encodeURIComponent(said)}` },
    }),
  "an event that is an error": (said) =>
    new Response(
      `${
        JSON.stringify({
          type: "ERROR",
          object: { kind: "Status", code: 500, message: `it failed at ${said.length}` },
        })
      }\n`,
    ),
};

/** The server. */
export class EchoingServer implements AsyncDisposable {
  /** Authorization headers that came. */
  readonly seen = new Set<string>();
  way = "500 as text";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Speaks TLS where it is given a certificate. */
  constructor(hostname: string, tls?: { cert: string; key: string }) {
    const handler = (request: Request): Response => {
      const { url, method, headers } = request;
      const sent = [...headers].map(([name, value]) => `${name}: ${value}`).join(", ");
      for (const name of ["authorization", "proxy-authorization"]) {
        const value = headers.get(name);
        if (value !== null) this.seen.add(value);
      }
      const [scheme, value = ""] = headers.get("authorization")?.split(" ") ?? [];
      const bare = scheme === "Basic" ? `${value} or ${atob(value)}` : value;
      return answers[this.way]?.(`You asked: ${method} ${url} with ${sent}; that is ${bare}`) ??
        new Response("no such way", { status: 500 });
    };
    this.#server = Deno.serve({ hostname, port: 0, onListen: () => {}, ...tls }, handler);
  }

  /** The ways in which it can answer. */
  static get ways(): string[] {
    return Object.keys(answers);
  }

  /** HOST:PORT */
  get address(): string {
    const { hostname, port } = this.#server.addr;
    return `${hostname}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
