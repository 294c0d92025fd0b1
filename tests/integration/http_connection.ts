/** One connection of HTTP/1.1, in the hand of a test: its bytes can be held back, and it can be cut at any of them. */

/** A request as it came. */
export interface WireRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function indexOf(bytes: Uint8Array, text: string): number {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("").indexOf(text);
}

/** The server's end of a connection. */
export class HttpConnection {
  /** Resolves when the other side has closed the connection, or it broke. */
  readonly ended: Promise<void>;
  #received = new Uint8Array(0);
  #over = false;
  #arrived = Promise.withResolvers<void>();

  /** `gate` is waited for before every byte that is sent. */
  constructor(
    private readonly connection: Deno.Conn,
    private readonly gate: () => Promise<void>,
  ) {
    this.ended = this.#receive();
  }

  /** The next request; undefined when the other side closed the connection. */
  async request(): Promise<WireRequest | undefined> {
    let end;
    while ((end = indexOf(this.#received, "\r\n\r\n")) < 0) {
      if (!await this.#more()) return undefined;
    }
    const [first = "", ...lines] = decoder.decode(this.#take(end + 4)).split("\r\n");
    const [method = "", target = ""] = first.split(" ");
    const headers = new Headers();
    for (const line of lines.filter((line) => line !== "")) {
      const colon = line.indexOf(":");
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    const body = headers.get("transfer-encoding") === "chunked"
      ? await this.#chunks()
      : await this.#bytes(Number(headers.get("content-length") ?? 0));
    return body && { method, target, headers, body };
  }

  async send(...parts: (string | Uint8Array)[]): Promise<void> {
    await this.gate();
    for (const part of parts) {
      let rest = typeof part === "string" ? encoder.encode(part) : part;
      while (rest.length > 0) rest = rest.subarray(await this.connection.write(rest));
    }
  }

  /** The status line and headers. */
  async head(code: number, headers: Record<string, string>): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.send(`HTTP/1.1 ${code} Status\r\n${lines.join("")}\r\n`);
  }

  /** A piece of a chunked body; without bytes, its end. */
  async chunk(bytes: Uint8Array = new Uint8Array(0)): Promise<void> {
    await this.send(`${bytes.length.toString(16)}\r\n`, bytes, "\r\n");
  }

  /** Cuts the connection. */
  cut(): void {
    this.#over = true;
    try {
      this.connection.close();
    } catch {
      // It was closed already.
    }
  }

  async #receive(): Promise<void> {
    const piece = new Uint8Array(65_536);
    try {
      for (;;) {
        const length = await this.connection.read(piece);
        if (length === null) break;
        const joined = new Uint8Array(this.#received.length + length);
        joined.set(this.#received);
        joined.set(piece.subarray(0, length), this.#received.length);
        this.#received = joined;
        this.#wake();
      }
    } catch {
      // The other side went without a word, or did not trust us.
    }
    this.#over = true;
    this.#wake();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }

  async #more(): Promise<boolean> {
    if (this.#over) return false;
    await this.#arrived.promise;
    return true;
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const taken = this.#received.slice(0, length);
    this.#received = this.#received.slice(length);
    return taken;
  }

  async #bytes(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#received.length < length) if (!await this.#more()) return undefined;
    return this.#take(length);
  }

  async #chunks(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      let end;
      while ((end = indexOf(this.#received, "\r\n")) < 0) if (!await this.#more()) return undefined;
      const length = parseInt(decoder.decode(this.#take(end + 2)), 16);
      const piece = await this.#bytes(length + 2);
      if (piece === undefined) return undefined;
      if (length === 0) return new Uint8Array(await new Blob(pieces).arrayBuffer());
      pieces.push(piece.slice(0, length));
    }
  }
}
