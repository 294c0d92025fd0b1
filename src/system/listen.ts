import { quoted } from "../api/fault.ts";
import { bindAddressVariable } from "../api/ports.ts";
import { isAddress, withPort } from "./ip_address.ts";

/** A port that can't be listened on: the message names it, and the remedy. */
export class CannotListen extends Error {
  override name = "CannotListen";
}

/** All interfaces: by IPv6 with IPv4 in it, or by IPv4 alone where the machine has no IPv6. */
export const everyInterface = ["::", "0.0.0.0"] as const;

const byOption = `with --bind-address or ${bindAddressVariable}`;

function cannotListen(address: string, port: number, cause: unknown): CannotListen {
  const said = cause instanceof Error ? cause.message : String(cause);
  const why = cause instanceof Deno.errors.AddrInUse
    ? `another process has that port: end it, or give another address of this machine ${byOption}`
    : cause instanceof Deno.errors.AddrNotAvailable
    ? `this machine does not have that address: give one that it has ${byOption}, or none for all interfaces`
    : cause instanceof Deno.errors.NotCapable
    ? `this process may not: give the address ${byOption} when it is started`
    : `${said}: give another address ${byOption}`;
  return new CannotListen(`Cannot listen on ${withPort(address, port)}: ${why}`, { cause });
}

/**
 * The address to listen on: the one of the option, else that of the environment; undefined for all interfaces. Throws
 * `CannotListen` for what is no address.
 */
export function bindAddress(option: string | undefined): string | undefined {
  const address = option ?? Deno.env.get(bindAddressVariable);
  if (address === undefined || address === "" || isAddress(address)) return address || undefined;
  throw new CannotListen(
    `Cannot listen on ${
      quoted(address)
    }: that is no IP address: give one such as 127.0.0.1 or ::1 ${byOption}`,
  );
}

/**
 * Listens on a port of an address, or of all interfaces where it is undefined, by `start`, which gets the host's name.
 * Rejects with `CannotListen`.
 */
export async function listen<S>(
  address: string | undefined,
  port: number,
  start: (hostname: string) => S | Promise<S>,
): Promise<S> {
  const [first, ...others] = address === undefined ? everyInterface : [address];
  try {
    return await start(first);
  } catch (cause) {
    const [other] = others;
    if (other === undefined || cause instanceof Deno.errors.AddrInUse) {
      throw cannotListen(first, port, cause);
    }
    return await listen(other, port, start);
  }
}
