/** Addresses of pods, in the machine's own network. */

// Nothing of a pod listens here: who holds this port of an address has the address, among all processes of the machine.
const claimPort = 29_127;
const attempts = 32;

/**
 * An address that no other pod of this machine has, whichever process plays its kubelet, from 127.128.0.0/9: neither where
 * the control plane is nor where its Services are. It is the pod's until it is disposed of or this process ends.
 */
export class PodAddress implements Disposable {
  readonly #claim: Deno.TcpListener;

  private constructor(readonly ip: string, claim: Deno.TcpListener) {
    this.#claim = claim;
  }

  /** Finds one; throws where the claims of all that were tried failed. */
  static claim(random: () => number = Math.random): PodAddress {
    const below = (end: number): number => Math.floor(random() * end);
    let taken: unknown;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const ip = `127.${128 + below(128)}.${below(256)}.${1 + below(254)}`;
      try {
        return new PodAddress(ip, Deno.listen({ hostname: ip, port: claimPort }));
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse)) throw error;
        taken = error;
      }
    }
    throw new Error(
      `Cannot give a pod an address: port ${claimPort}, by which addresses are claimed, is taken on each of ${attempts}; ` +
        "end the program that listens there on all addresses",
      { cause: taken },
    );
  }

  [Symbol.dispose](): void {
    this.#claim.close();
  }
}
