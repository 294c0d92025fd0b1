/** The addresses inside the enclosure, which has a network of its own with no way out. */
import type { ClusterNetwork } from "../cluster/components.ts";
import { runCommand } from "../setup/run_command.ts";

/** Addresses that are for documentation, and nobody's anywhere. */
export const network: ClusterNetwork & { node: string; pods: string } = {
  serviceRange: "203.0.113.0/25",
  serviceAddress: "203.0.113.1",
  kubeletAddresses: "InternalIP", // the node's name is in no DNS
  node: "203.0.113.200",
  pods: "198.51.100.0/24",
};

/** Gives the enclosure its addresses. */
export async function setUpNetwork(): Promise<void> {
  await runCommand("ip", ["link", "set", "lo", "up"]);
  for (const address of [network.node, network.serviceAddress]) {
    await runCommand("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  }
}

async function pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
  try {
    await from.readable.pipeTo(to.writable);
  } catch {
    // Either side may end a connection at any time; the other one then sees its end.
  }
}

async function serve(connection: Deno.TcpConn, port: number): Promise<void> {
  try {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    await Promise.all([pass(connection, server), pass(server, connection)]);
  } catch {
    try {
      connection.close();
    } catch {
      // it is closed
    }
  }
}

/**
 * Serves the address of the API server's Service, in the place of kube-proxy: what pods send there goes to the port
 * of loopback. Ends with the process.
 */
export function forwardService(port: number): void {
  const listener = Deno.listen({ hostname: network.serviceAddress, port: 443 });
  const accept = async (): Promise<void> => {
    for await (const connection of listener) void serve(connection, port);
  };
  void accept();
}
