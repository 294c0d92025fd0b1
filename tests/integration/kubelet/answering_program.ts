// deno-lint-ignore-file no-console -- says what it is asked
/**
 * Runs as the program of a pod that has probes: answers by HTTP on port 8080 of its address and, once it has a
 * certificate, by HTTPS on 8443. A file of its directory that is named like a path holds the status to answer there
 * with, or "silence"; 200 where there is none. Says what it is asked, and when the one who asked hangs up.
 */

const directory = "/hostroot/var/lib/probe";
const certificates = "/certs";
const hostname = Deno.env.get("BIND_ADDRESS") ?? "127.0.0.1";
const say = (what: string, value: unknown): void =>
  console.log(JSON.stringify({ time: "", level: "info", message: what, value }));

async function statusFor(path: string): Promise<string> {
  return await Deno.readTextFile(directory + path).catch(() => "200");
}

/** One request to a connection; the other side is to close it, since the answer leaves it open. */
async function answer(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  const length = await connection.read(buffer) ?? 0;
  const [first = "", ...lines] = new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n");
  const [method, target = ""] = first.split(" ");
  const { pathname } = new URL(target, "http://probe");
  const status = await statusFor(pathname);
  const { port } = connection.localAddr as Deno.NetAddr;
  const headers = lines.slice(0, -2);
  say("asked", { method, target, port, headers, status });
  if (status !== "silence") {
    const text = `status of ${pathname}`;
    const head = `HTTP/1.1 ${status} So\r\ncontent-length: ${text.length}\r\n\r\n`;
    await connection.write(new TextEncoder().encode(head + text));
  }
  // Over TLS a connection may break off without a farewell.
  while (await connection.read(buffer).catch(() => null) !== null);
  say("hung up", { target });
  connection.close();
}

async function serve(listener: Deno.Listener): Promise<void> {
  say("listening", { port: (listener.addr as Deno.NetAddr).port });
  for await (const connection of listener) void answer(connection);
}

async function certificate(): Promise<{ cert: string; key: string }> {
  const watcher = Deno.watchFs(certificates);
  const read = async (): Promise<{ cert: string; key: string }> => ({
    cert: await Deno.readTextFile(`${certificates}/tls.crt`),
    key: await Deno.readTextFile(`${certificates}/tls.key`),
  });
  const found = await read().catch(() => undefined);
  if (found !== undefined) return found;
  for await (const _ of watcher) {
    const found = await read().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error("The directory of the certificates is gone");
}

// What made the one before it end is over.
await Deno.remove(`${directory}/${Deno.hostname()}`).catch(() => {});
Deno.addSignalListener("SIGTERM", () => {
  say("asked to end", null);
  if (Deno.args[0] !== "stubborn") Deno.exit(0);
});
void serve(Deno.listen({ hostname, port: 8080 }));
if (Deno.args[0] === "tls") {
  void serve(Deno.listenTls({ hostname, port: 8443, ...await certificate() }));
}
