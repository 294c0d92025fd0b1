/** A proxy that takes CONNECT and passes bytes on, as `proxy-url` of a kubeconfig names one. */
export class HttpProxy implements AsyncDisposable {
  /** What it was asked to connect to, with the Proxy-Authorization of each. */
  readonly asked: { target: string; authorization: string | undefined }[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #sockets = new Set<Deno.Conn>();
  readonly #work = new Set<Promise<void>>();

  constructor() {
    this.#track(this.#accept());
  }

  /** HOST:PORT */
  get address(): string {
    const { hostname, port } = this.#listener.addr as Deno.NetAddr;
    return `${hostname}:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) close(socket);
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #accept(): Promise<void> {
    for await (const socket of this.#listener) {
      this.#sockets.add(socket);
      this.#track(this.#serve(socket).catch(() => {}).finally(() => close(socket)));
    }
  }

  async #serve(socket: Deno.Conn): Promise<void> {
    const piece = new Uint8Array(4096);
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const length = await socket.read(piece);
      if (length === null) return;
      head += new TextDecoder().decode(piece.subarray(0, length));
    }
    const target = /^CONNECT (\S+)/.exec(head)?.[1] ?? "";
    const authorization = /^proxy-authorization: (.*)\r$/im.exec(head)?.[1];
    this.asked.push({ target, authorization });
    const { hostname, port } = new URL(`http://${target}`);
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#sockets.add(server);
    await socket.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    await Promise.allSettled([
      socket.readable.pipeTo(server.writable),
      server.readable.pipeTo(socket.writable),
    ]);
  }
}

function close(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // It is closed.
  }
}
