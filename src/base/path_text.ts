/** Reversible, printable text for file names, which are bytes. */

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Characters that would let a name rewrite the line, the terminal or the reading order around it.
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\\]/u;

const octal = (byte: number): string => "\\" + byte.toString(8).padStart(3, "0");

/** Length in bytes of the UTF-8 sequence that a lead byte announces; 0 when it can't lead one. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

function characterAt(bytes: Uint8Array, at: number): { text: string; length: number } | undefined {
  const length = sequenceLength(bytes[at] ?? 0xff);
  if (length === 0 || at + length > bytes.length) return undefined;
  try {
    return { text: strict.decode(bytes.subarray(at, at + length)), length };
  } catch {
    return undefined;
  }
}

/**
 * Turns the bytes of a path into printable text: printable UTF-8 stays as it is; a backslash, control and format
 * characters, and bytes that are not UTF-8 become `\ooo` (three octal digits a byte), as AIDE 0.19 writes them.
 * `decodePath` gives the same bytes back, so two names never share a text.
 */
export function encodePath(bytes: Uint8Array): string {
  if (bytes.every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x5c)) {
    return strict.decode(bytes); // nearly every name, and several times faster
  }
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const character = characterAt(bytes, at);
    const length = character?.length ?? 1;
    if (character !== undefined && !unsafe.test(character.text)) text += character.text;
    else for (const byte of bytes.subarray(at, at + length)) text += octal(byte);
    at += length;
  }
  return text;
}

/** Gives back the bytes that `encodePath` was given; a backslash without three octal digits stands for itself. */
export function decodePath(text: string): Uint8Array {
  const out: number[] = [];
  for (const part of text.split(/(\\[0-3][0-7]{2})/)) {
    if (/^\\[0-3][0-7]{2}$/.test(part)) out.push(parseInt(part.slice(1), 8));
    else for (const byte of encoder.encode(part)) out.push(byte);
  }
  return new Uint8Array(out);
}
