import { decodePath } from "../base/path_text.ts";

/** Longest argument that a run of AIDE is given; Linux takes 128 KiB. */
const longest = 60_000;

const plain = /[A-Za-z0-9/_-]/;

/** AIDE 0.19 holds a limit against names as the file system has them, and as its database writes them. */
const eitherForm = (hex: string): string => `(?:\\x${hex}|%${hex.toUpperCase()})`;

function quote(path: string): string {
  let quoted = "";
  for (const byte of decodePath(path)) {
    const character = String.fromCharCode(byte);
    quoted += byte < 0x80 && plain.test(character)
      ? character
      : eitherForm(byte.toString(16).padStart(2, "0"));
  }
  return quoted;
}

/**
 * The regular expression for AIDE's `--limit` that matches exactly these host paths (path texts), byte by byte;
 * nothing when there are none, or too many for one argument.
 */
export function limitRegex(paths: readonly string[]): string | undefined {
  if (paths.length === 0) return undefined;
  const regex = `^(${paths.map(quote).join("|")})$`;
  return regex.length > longest ? undefined : regex;
}
