/** ACLs name users as the scanner's own passwd does, not as the host's. */

import { assert, assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { scriptedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();
const libc = Deno.dlopen("libc.so.6", {
  setxattr: { parameters: ["buffer", "buffer", "buffer", "usize", "i32"], result: "i32" },
});
globalThis.addEventListener("unload", () => libc.close());

/** Lets one more user read and write a file, as setfacl does. */
function allow(path: string, uid: number): void {
  const nobody = 0xffffffff;
  // acl(5): tag, permissions, id of owner, user, group, mask, others
  const entries = [[1, 6, nobody], [2, 6, uid], [4, 4, nobody], [0x10, 6, nobody], [
    0x20,
    4,
    nobody,
  ]];
  const bytes = new DataView(new ArrayBuffer(4 + 8 * entries.length));
  bytes.setUint32(0, 2, true);
  entries.forEach(([tag = 0, permissions = 0, id = 0], index) => {
    bytes.setUint16(4 + 8 * index, tag, true);
    bytes.setUint16(6 + 8 * index, permissions, true);
    bytes.setUint32(8 + 8 * index, id, true);
  });
  const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(`${value}\0`);
  const value = new Uint8Array(bytes.buffer);
  const name = text("system.posix_acl_access");
  assertEquals(libc.symbols.setxattr(text(path), name, value, BigInt(value.length), 0), 0);
}

const passwd = (uid: number): string => `root:x:0:0::/:/bin/sh\nalice:x:${uid}:${uid}::/:/bin/sh\n`;

/** AIDE in a mount namespace in which `etc/passwd` of the host root is the scanner's own. */
const script = (host: TestHost): string =>
  `exec unshare --mount sh -c 'mount --bind "$1" /etc/passwd; shift; exec "$@"' - \\
  '${host.at("etc/passwd")}' "$AIDE" "$@"`;

testWithEachAide("an ACL for another user under the old user's name", binaries, async (aide) => {
  await using host = await TestHost.make(aide, { "etc/shared": "s\n", "etc/passwd": passwd(4001) });
  allow(host.at("etc/shared"), 4001);
  const scanner = await scriptedAide(aide, `${host.directory}/scanner`, script(host));
  const onlyShared = "/hostroot/etc/shared$ p+u+g+acl+sha512\n";
  const bare = new BareAide(host);
  bare.program = `${host.directory}/scanner`;
  await bare.init(onlyShared);
  assertEquals((await host.turn({ aide: scanner })).status.lastResult.condition, "Succeeded");

  await host.write("etc/passwd", passwd(4002));
  allow(host.at("etc/shared"), 4002);
  await bare.isFooled(onlyShared);
  // Where the scanner takes names from the host, the host's own passwd has changed; an image's can't be changed there.
  const { lastResult } = (await host.turn({ aide: scanner })).status;
  assertEquals(lastResult.condition, "Failed");
  assert(lastResult.changes?.items.some(({ path }) => path === "/etc/passwd"));
});

testWithEachAide("a scanner with another passwd", binaries, async (aide) => {
  await using host = await TestHost.make(aide, { "etc/shared": "s\n", "etc/passwd": passwd(4001) });
  allow(host.at("etc/shared"), 4001);
  await host.turn();
  const scanner = await scriptedAide(aide, `${host.directory}/scanner`, script(host));
  const { lastResult } = (await host.turn({ aide: scanner })).status;
  // Another image may tell of an ACL that did not change; it is loud, never quiet.
  assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
  assertEquals(lastResult.changes?.items[0]?.attributes.map(({ name }) => name), ["acl"]);
});
