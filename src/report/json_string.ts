import { ByteBuffer } from "../base/byte_buffer.ts";

const backslash = 0x5c;
const plain = new Map([
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x2f, 0x2f],
  [0x62, 0x08],
  [0x66, 0x0c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
]);

/** How a version of AIDE numbers a control character after `\u`: 0.18 in decimal, by mistake, later ones in hex. */
export type ControlRadix = 10 | 16;

/** The radix of `\u` escapes in reports of a version of AIDE. */
export function controlRadix(version: string | undefined): ControlRadix {
  return /^0\.18(\.|$)/.test(version ?? "") ? 10 : 16;
}

function control(bytes: Uint8Array, at: number, radix: ControlRadix): number | undefined {
  const digits = String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  if (!(radix === 10 ? /^[0-9]{4}$/ : /^[0-9a-f]{4}$/).test(digits)) return undefined;
  const value = parseInt(digits, radix);
  return (value > 0 && value < 0x1f) || value === 0x7f ? value : undefined;
}

/** Whether the string has escapes. */
export function hasJsonEscapes(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === backslash) return true;
  return false;
}

/**
 * Undoes the escapes of a string that AIDE wrote into `out`, which it clears. False when it has one that AIDE of this
 * version does not write: it can't be read then without the risk of taking one name for another.
 */
export function unescapeJson(
  bytes: Uint8Array,
  start: number,
  end: number,
  radix: ControlRadix,
  out: ByteBuffer,
): boolean {
  let known = true;
  out.clear();
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte !== backslash) {
      out.push(byte);
      continue;
    }
    const after = at + 1 < end ? bytes[at + 1]! : 0;
    const value = plain.get(after) ??
      (after === 0x75 && at + 5 < end ? control(bytes, at + 2, radix) : undefined);
    if (value === undefined) {
      known = false;
      out.push(byte);
    } else {
      out.push(value);
      at += after === 0x75 ? 5 : 1;
    }
  }
  return known;
}
