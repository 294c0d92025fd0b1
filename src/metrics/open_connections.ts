import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";

const clientOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress} ${remotePort}`;

/**
 * The connections of a server, of which no more than `most` stay open: for one more, the oldest ends that is not being
 * answered. `maxConnections` ends the newest instead: whoever opens so many and says nothing keeps everybody else out.
 */
export class OpenConnections {
  readonly #open = new Map<Socket, string>(); // the oldest first

  constructor(server: Server | TlsServer, most: number) {
    // By client: what a request came by over TLS is not the socket that was connected.
    const answered = new Set<string>();
    server.on("connection", (socket: Socket) => {
      this.#open.set(socket, clientOf(socket));
      socket.once("close", () => this.#open.delete(socket));
      if (this.#open.size <= most) return;
      const all = [...this.#open];
      const [oldest] = all.find(([, client]) => !answered.has(client)) ?? all[0] ?? [];
      this.#end(oldest);
    });
    server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      const client = clientOf(socket);
      answered.add(client);
      response.once("close", () => answered.delete(client));
    });
  }

  /** Ends all of them. `closeAllConnections` leaves those over TLS that have not asked for anything yet. */
  endAll(): void {
    for (const socket of [...this.#open.keys()]) this.#end(socket);
  }

  #end(socket: Socket | undefined): void {
    if (socket === undefined) return;
    this.#open.delete(socket);
    socket.destroy();
  }
}
