/** An address on loopback that nobody else listens on, but for an accident in 16 million. */
export function loopbackAddress(): string {
  if (Deno.build.os !== "linux") return "127.0.0.1"; // elsewhere there is no other one
  const [a = 0, b = 0, c = 0] = crypto.getRandomValues(new Uint8Array(3));
  return `127.${a}.${b}.${Math.min(Math.max(c, 2), 254)}`;
}
