import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as TlsServer } from "node:https";
import type { Socket } from "node:net";

const clientOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress} ${remotePort}`;

/**
 * Keeps no more than `most` connections of a server open: for one more, the oldest ends that is not being answered.
 * `maxConnections` ends the newest instead: whoever opens so many and says nothing keeps everybody else out.
 */
export function limitConnections(server: Server | TlsServer, most: number): void {
  const open = new Map<Socket, string>(); // the oldest first
  // By client: what a request came by over TLS is not the socket that was connected.
  const answered = new Set<string>();
  server.on("connection", (socket: Socket) => {
    open.set(socket, clientOf(socket));
    socket.once("close", () => open.delete(socket));
    if (open.size <= most) return;
    const [oldest] = [...open].find(([, client]) => !answered.has(client)) ?? [...open][0] ?? [];
    if (oldest === undefined) return;
    open.delete(oldest);
    oldest.destroy();
  });
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    const client = clientOf(socket);
    answered.add(client);
    response.once("close", () => answered.delete(client));
  });
}
