import { ByteBuffer } from "../base/byte_buffer.ts";

const backslash = 0x5c;
const digit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 0x30 && byte <= 0x39;

/**
 * Whether a version of AIDE escapes control characters in plain reports and on stderr. 0.18.3 stands for Debian 12's
 * build, which does; the other releases before 0.19 print names raw. A wrong guess spells a name wrong; it never makes
 * two names one without a fault, since `unescapeText` refuses what an escaping AIDE does not write.
 */
export function escapesNames(version: string | undefined): boolean {
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(version ?? "") ?? [];
  if (minor === undefined) return false;
  return Number(major) > 0 || Number(minor) >= 19 || (minor === "18" && patch === "3");
}

// What AIDE escapes: controls below 0x1f (not 0x1f itself: its own off-by-one), DEL, and a backslash before three digits.
const isControl = (byte: number): boolean => byte < 0x1f || byte === 0x7f;

/** Whether `bytes[start, end)` needs `unescapeText`: it holds a backslash or a control character. */
export function looksEscaped(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === backslash || byte < 0x20 || byte === 0x7f) return true;
  }
  return false;
}

/**
 * Undoes AIDE's `\ooo` escapes into `out`, which it clears. False when the text is not what an escaping AIDE writes for
 * any bytes: then `out` holds what could be made of it.
 */
export function unescapeText(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: ByteBuffer,
): boolean {
  let canonical = true;
  out.clear();
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    const escape = byte === backslash && at + 3 < end && digit(bytes[at + 1]) &&
      digit(bytes[at + 2]) && digit(bytes[at + 3]);
    if (!escape) {
      if (isControl(byte)) canonical = false;
      out.push(byte);
      at++;
      continue;
    }
    const value = (bytes[at + 1]! - 0x30) * 64 + (bytes[at + 2]! - 0x30) * 8 + bytes[at + 3]! -
      0x30;
    const octal = bytes[at + 1]! <= 0x31 && bytes[at + 2]! <= 0x37 && bytes[at + 3]! <= 0x37;
    const guarded = value === backslash && digit(bytes[at + 4]) && digit(bytes[at + 5]) &&
      digit(bytes[at + 6]) && at + 6 < end;
    if (octal && (isControl(value) || guarded)) {
      out.push(value);
      at += 4;
    } else {
      canonical = false;
      out.push(byte);
      at++;
    }
  }
  return canonical;
}
