import { assertEquals } from "@std/assert";
import { LongLinkFinder, type LongLinks } from "../../src/report/long_links.ts";

function find(text: string, step = text.length): LongLinks {
  const finder = new LongLinkFinder();
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += step) finder.push(bytes.subarray(at, at + step));
  return finder.found;
}

const spec = "@@begin_db\n@@db_spec name lname perm attr\n";
const link = (path: string, target: string): string => `${path} ${target} 120777 1\n`;

Deno.test("a link is long from 257 bytes on, %-escapes counted as the bytes that they stand for", () => {
  assertEquals(find(spec + link("/a", "x".repeat(256))).total, 0);
  assertEquals(find(spec + link("/a", "x".repeat(257))), { total: 1, items: ["/a"] });
  assertEquals(find(spec + link("/a", "%20".repeat(256))).total, 0);
  assertEquals(find(spec + link("/a", "%20".repeat(257))).total, 1);
});

Deno.test("a long field of a database without targets is something else", () => {
  const text = `@@begin_db\n@@db_spec name perm acl\n/a 100644 POSIX,${"x".repeat(300)}\n`;
  assertEquals(find(text).total, 0);
});

Deno.test("names are path texts, whatever the pieces", () => {
  const text = spec + link("/a%20b%ff", "y".repeat(300)) + link("/c", "d");
  for (const step of [1, 7, 64, text.length]) {
    assertEquals(find(text, step), { total: 1, items: ["/a b\\377"] });
  }
});

Deno.test("all are counted, a hundred are named", () => {
  const text = spec +
    Array.from({ length: 250 }, (_, at) => link(`/${at}`, "z".repeat(300))).join("");
  const { total, items } = find(text);
  assertEquals([total, items.length], [250, 100]);
});
