/** A connection to a port with metrics, in the hand of a test. */

/** An answer. */
export interface Answered {
  status: number;
  /** "HTTP/1.1" */
  version: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
  text: string;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** How long any of these tests waits for a server before it fails. */
const deadline = 60_000;

/** Gives what a promise does, and throws where it takes too long. */
async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Waited ${deadline / 1000} s: ${what}`)),
    deadline,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A connection of HTTP/1.1 that stays open from one request to the next. */
export class ScrapeConnection implements Disposable {
  #received = new Uint8Array(0);

  private constructor(readonly connection: Deno.Conn) {}

  /** Connects: over TLS where the certificate of an authority is given, else in plain TCP. */
  static async open(
    hostname: string,
    port: number,
    ca?: string,
    alpnProtocols?: string[],
  ): Promise<ScrapeConnection> {
    if (ca === undefined) return new ScrapeConnection(await Deno.connect({ hostname, port }));
    const connection = await Deno.connectTls({
      ...{ hostname, port, caCerts: [ca] },
      ...(alpnProtocols !== undefined && { alpnProtocols }),
    });
    try {
      await inTime("the handshake does not end", connection.handshake());
    } catch (error) {
      connection.close();
      throw error;
    }
    return new ScrapeConnection(connection);
  }

  /** A connection that is there. */
  static of(connection: Deno.Conn): ScrapeConnection {
    return new ScrapeConnection(connection);
  }

  /** Sends bytes as they are. */
  async send(text: string): Promise<void> {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(await this.connection.write(rest));
    }
  }

  /** Asks, and gives the answer. */
  async ask(
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<Answered> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.send(`${method} ${path} HTTP/1.1\r\nHost: metrics\r\n${lines.join("")}\r\n`);
    return await this.answer(method !== "HEAD");
  }

  /** The next answer; rejects where the connection ends before it. */
  async answer(hasBody = true): Promise<Answered> {
    let head;
    while ((head = /^(.*?)\r\n\r\n/s.exec(decoder.decode(this.#received))?.[1]) === undefined) {
      await this.#more();
    }
    const [first = "", ...lines] = head.split("\r\n");
    const headers = new Headers(lines.map((line): [string, string] => {
      const [name = "", ...value] = line.split(": ");
      return [name, value.join(": ")];
    }));
    this.#received = this.#received.slice(encoder.encode(head).length + 4);
    const length = hasBody ? Number(headers.get("content-length") ?? 0) : 0;
    while (this.#received.length < length) await this.#more();
    const body = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    const [version = "", status = ""] = first.split(" ");
    return { version, status: Number(status), headers, body, text: decoder.decode(body) };
  }

  /** Waits until the other side ends the connection; gives what it sent before that. */
  async end(): Promise<string> {
    try {
      for (;;) await this.#more();
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("Waited")) throw error;
      return decoder.decode(this.#received);
    }
  }

  async #more(): Promise<void> {
    const piece = new Uint8Array(65_536);
    const length = await inTime("nothing comes", this.connection.read(piece));
    if (length === null) throw new Deno.errors.UnexpectedEof("The connection has ended");
    const joined = new Uint8Array(this.#received.length + length);
    joined.set(this.#received);
    joined.set(piece.subarray(0, length), this.#received.length);
    this.#received = joined;
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // It is closed.
    }
  }
}
