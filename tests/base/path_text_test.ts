import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { decodePath, encodePath } from "../../src/base/path_text.ts";

const encode = (text: string): string => encodePath(new TextEncoder().encode(text));
const fromHex = (hex: string): Uint8Array => Uint8Array.fromHex(hex);

// Bytes that are likely to be near UTF-8, escapes and controls.
const anyBytes: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 4 }).map((text) => new TextEncoder().encode(text)),
    fc.constantFrom(
      "\\",
      "\\012",
      "\\400",
      "\\0",
      "\n",
      "\u202e",
      "\u2028",
      "é",
      "𝄞",
      "\ud7ff",
      "%41",
    )
      .map((text) => new TextEncoder().encode(text)),
    fc.constantFrom("fffe", "c080", "eda080", "f4908080", "c2", "e282").map(fromHex),
  ),
  { maxLength: 6 },
).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

Deno.test("encodePath and decodePath round-trip any bytes", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => assertEquals(decodePath(encodePath(bytes)), bytes)),
    { numRuns: 2000 },
  );
});

Deno.test("encodePath never gives two names one text", () => {
  fc.assert(
    fc.property(anyBytes, anyBytes, (one, other) => {
      assertEquals(encodePath(one) === encodePath(other), one.join() === other.join());
    }),
    { numRuns: 2000 },
  );
});

Deno.test("encodePath gives printable, well-formed text", () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = encodePath(bytes);
      assert(text.isWellFormed());
      assertMatch(text, /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]*$/u);
      assertMatch(text, /^(?:[^\\]|\\[0-3][0-7]{2})*$/u);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("decodePath takes any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void decodePath(text)));
});

for (
  const [name, given, expected] of [
    ["a plain path", "/etc/resolv.conf", "/etc/resolv.conf"],
    ["printable UTF-8", "/srv/é€𝄞", "/srv/é€𝄞"],
    ["spaces and quotes", "/a b\"c'd", "/a b\"c'd"],
    ["a newline", "/a\nb", "/a\\012b"],
    ["ESC and DEL", "\x1b[31m\x7f", "\\033[31m\\177"],
    ["a C1 control", "\u0085", "\\302\\205"],
    ["a backslash", "a\\012b", "a\\134012b"],
    ["a right-to-left override", "a\u202eb", "a\\342\\200\\256b"],
    ["a line separator", "a\u2028b", "a\\342\\200\\250b"],
    ["a byte order mark", "\ufeffa", "\\357\\273\\277a"],
  ] as const
) {
  Deno.test(`encodePath writes ${name}`, () => assertEquals(encode(given), expected));
}

for (
  const [name, given, expected] of [
    ["bytes that are not UTF-8", "2f696e76fffe", "/inv\\377\\376"],
    ["an overlong NUL", "c080", "\\300\\200"],
    ["a surrogate", "eda080", "\\355\\240\\200"],
    ["a cut sequence", "61e282", "a\\342\\202"],
  ] as const
) {
  Deno.test(`encodePath writes ${name}`, () => assertEquals(encodePath(fromHex(given)), expected));
}
