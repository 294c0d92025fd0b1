import { hidden } from "../system/secrets.ts";

function decoded(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.fromBase64(base64));
  } catch {
    return "";
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A user name and a password in the address of a server, as they are sent. */
function ofAddress(server: string): string[] {
  const { username, password } = new URL(server);
  if (password === "") return [];
  const plain = unescaped(password);
  return [new TextEncoder().encode(`${unescaped(username)}:${plain}`).toBase64(), plain];
}

/**
 * What a server answered, without the credentials that it was sent: some servers, and proxies before them, repeat the
 * request in their errors, which go into logs, events and conditions.
 */
export function withoutCredentials(body: string, sent: Headers, server: string): string {
  const [, scheme = "", value = ""] = /^(\S+) +(\S+)$/.exec(sent.get("authorization") ?? "") ?? [];
  const [, password = ""] = scheme === "Basic" ? /:(.*)$/s.exec(decoded(value)) ?? [] : [];
  const secrets = [value, password, ...ofAddress(server)].filter((one) => one !== "");
  // As a part of JSON it may be written otherwise.
  return [...secrets, ...secrets.map((one) => JSON.stringify(one).slice(1, -1))]
    .reduce((text, secret) => text.replaceAll(secret, hidden), body);
}
