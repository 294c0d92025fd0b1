import { assertEquals } from "@std/assert";
import { isIP } from "node:net";
import fc from "fast-check";
import { isAddress, withPort } from "../../src/system/ip_address.ts";
import { likeAddresses } from "./like_addresses.ts";

/** As Node.js has it, without zones and IPv4 addresses inside of IPv6 ones. */
function isPlainAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%") && !(text.includes(":") && text.includes("."));
}

Deno.test("property: what is an IP address is one for Node.js too, and the other way round", () => {
  fc.assert(
    fc.property(likeAddresses, (text) => assertEquals(isAddress(text), isPlainAddress(text), text)),
    { numRuns: 3_000 },
  );
});

Deno.test("addresses that are easily mistaken", () => {
  for (const good of ["::", "::1", "1::", "fe80::1", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8"]) {
    assertEquals(isAddress(good), true, good);
  }
  const bad = ["", "1:2:3:4:5:6:7::8:9", ":::", "1::2::3", "01.2.3.4", "1.2.3.4\n", "localhost"];
  for (const text of bad) assertEquals(isAddress(text), false, text);
});

Deno.test("an address with a port", () => {
  assertEquals([withPort("::1", 80), withPort("1.2.3.4", "5")], ["[::1]:80", "1.2.3.4:5"]);
});
