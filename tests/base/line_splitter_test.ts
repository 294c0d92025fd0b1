import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LineSplitter } from "../../src/base/line_splitter.ts";

function split(text: string, pieces: number[], limit = 8): [string[], string[], string] {
  const lines: string[] = [];
  const overlong: string[] = [];
  const read = (bytes: Uint8Array, start: number, end: number): string =>
    new TextDecoder().decode(bytes.subarray(start, end));
  const splitter = new LineSplitter(
    limit,
    (...line) => lines.push(read(...line)),
    (...line) => overlong.push(read(...line)),
  );
  const bytes = new TextEncoder().encode(text);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = pieces[turn % pieces.length]!;
    splitter.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [lines, overlong, new TextDecoder().decode(splitter.end())];
}

Deno.test("Lines come whole, however the bytes are cut", () => {
  const text = fc.array(fc.constantFrom("a", "bc", "\n", "12345678", "\n\n")).map((parts) =>
    parts.join("")
  );
  const pieces = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  fc.assert(fc.property(text, pieces, (given, sizes) => {
    const all = given.split("\n");
    const rest = all.pop()!;
    const [lines, overlong, left] = split(given, sizes);
    assertEquals(lines, all.filter((line) => line.length <= 8));
    assertEquals(
      overlong,
      [...all, rest].filter((line) => line.length > 8).map((line) => line.slice(0, 8)),
    );
    assertEquals(left, rest.length > 8 ? "" : rest);
  }));
});
