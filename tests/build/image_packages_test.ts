import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { cacheHome } from "../../src/build/cached_directory.ts";
import { fetchPackage } from "../../src/build/image/fetch_package.ts";
import { fileDigest } from "../../src/build/image/file_digest.ts";
import { architectures, type PinnedPackage, readLock } from "../../src/build/image/image_lock.ts";
import { ImageUnavailable } from "../../src/build/image/image_unavailable.ts";
import { parseParagraphs, pinnedPackage } from "../../src/build/image/pin_packages.ts";
import { packageChanges } from "../../src/build/image/update_lock.ts";

const shown = `Package: libc6
Source: glibc (2.41-12)
Version: 2.41-12+b1
Architecture: amd64
Depends: libgcc-s1
Filename: pool/main/g/glibc/libc6_2.41-12+b1_amd64.deb
SHA256: 00ff
Description: GNU C Library
 Contains: the standard libraries

Package: dash
Version: 0.5.12-12
Architecture: amd64
Filename: pool/main/d/dash/dash_0.5.12-12_amd64.deb
SHA256: 11ee

`;

Deno.test("image packages: entries of the index are pinned with their source", () => {
  assertEquals(parseParagraphs(shown).map(pinnedPackage), [
    {
      ...{ name: "libc6", version: "2.41-12+b1", architecture: "amd64", source: "glibc 2.41-12" },
      ...{ path: "pool/main/g/glibc/libc6_2.41-12+b1_amd64.deb", sha256: "00ff" },
    },
    {
      ...{ name: "dash", version: "0.5.12-12", architecture: "amd64", source: "dash 0.5.12-12" },
      ...{ path: "pool/main/d/dash/dash_0.5.12-12_amd64.deb", sha256: "11ee" },
    },
  ]);
  assertThrows(() => pinnedPackage({ Package: "dash" }), Error, "dash: its entry has no Version");
});

Deno.test("image packages: the lock is whole, and of one make for all architectures", async () => {
  const lock = await readLock();
  const lists = architectures.map((architecture) => lock.packages[architecture]);
  const names = lists[0]!.map(({ name }) => name);
  assertEquals(names, names.toSorted());
  assert(names.includes("aide") && names.includes("libc6"));
  for (const [at, list] of lists.entries()) {
    assertEquals(list.map(({ name }) => name), names);
    for (const { architecture, sha256, path } of list) {
      assert([architectures[at], "all"].includes(architecture));
      assertMatch(sha256, /^[0-9a-f]{64}$/);
      assertMatch(path, /^pool\/.*\.deb$/);
    }
    assertMatch(list.find(({ name }) => name === "aide")!.version, /^0\.19\./);
    assertMatch(lock.deno.sha256[architectures[at]!], /^[0-9a-f]{64}$/);
  }
});

Deno.test("image packages: Deno is the version that everything is built with", async () => {
  const { deno } = await readLock();
  for (const path of [".ci/run", "README.md", "src/build/Containerfile"]) {
    const text = await Deno.readTextFile(new URL(`../../${path}`, import.meta.url));
    const named = [...text.matchAll(/\bdeno(?:@|:debian-)(\d+\.\d+\.\d+)/g)].map(([, version]) =>
      version
    );
    assert(named.length > 0, path);
    assertEquals(new Set(named), new Set([deno.version]), path);
  }
});

Deno.test("image packages: an update says what has changed", () => {
  const one = (name: string, version: string): PinnedPackage => ({
    ...{ name, version, architecture: "amd64", source: "", path: "", sha256: version },
  });
  const before = [one("aide", "1"), one("dash", "1"), one("zlib1g", "1")];
  const after = [one("aide", "1"), one("dash", "2"), one("libnew", "1")];
  assertEquals(packageChanges("amd64", before, after), [
    "amd64 dash: 1 -> 2",
    "amd64 libnew: none -> 1",
    "amd64 zlib1g: 1 -> none",
  ]);
});

async function run(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, stdout: "null" }).output();
  assert(success, new TextDecoder().decode(stderr));
}

/** A package on a mirror of its own, below pool/, and mirrors that do not have it or have another one. */
async function withMirrors(
  action: (
    pinned: PinnedPackage,
    mirrors: Record<"good" | "without" | "other", string>,
  ) => Promise<void>,
): Promise<void> {
  const home = await Deno.makeTempDir();
  const tree = `${home}/tree`;
  await Deno.mkdir(`${tree}/DEBIAN`, { recursive: true });
  await Deno.mkdir(`${tree}/usr/bin`, { recursive: true });
  await Deno.chmod(tree, 0o755);
  await Deno.chmod(`${tree}/DEBIAN`, 0o755);
  const control =
    `Package: probe\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: ${home}\n`;
  await Deno.writeTextFile(`${tree}/DEBIAN/control`, control);
  await Deno.writeTextFile(`${tree}/usr/bin/probe`, "#!/bin/sh\n");
  await run("dpkg-deb", ["--root-owner-group", "--build", tree, `${home}/probe.deb`]);
  const archive = await Deno.readFile(`${home}/probe.deb`);
  const path = "pool/main/p/probe/probe_1+b1_all.deb";
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const asked = decodeURIComponent(new URL(request.url).pathname);
      if (asked === `/good/${path}`) return new Response(archive);
      return asked === `/other/${path}`
        ? new Response(archive.slice(1))
        : new Response("", { status: 404 });
    },
  );
  const at = (name: string): string => `http://127.0.0.1:${server.addr.port}/${name}/`;
  const sha256 = await fileDigest(`${home}/probe.deb`);
  const pinned = { architecture: "all", source: "probe 1", path, sha256 };
  try {
    await action({ name: "probe", version: "1+b1", ...pinned }, {
      ...{ good: at("good"), without: at("without"), other: at("other") },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
    await Deno.remove(`${cacheHome()}/image/${sha256}`, { recursive: true }).catch(() => {});
    await Deno.remove(`${cacheHome()}/image/${sha256}.lock`).catch(() => {});
  }
}

Deno.test("image packages: the first mirror that has exactly the pinned one is taken, once", async () => {
  await withMirrors(async (pinned, { good, without, other }) => {
    const { files, control } = await fetchPackage(pinned, [without, other, good]);
    assertEquals(await Deno.readTextFile(`${files}/usr/bin/probe`), "#!/bin/sh\n");
    assertMatch(control, /^Package: probe$/m);
    assertEquals((await fetchPackage(pinned, [])).files, files); // from the cache
  });
});

Deno.test("image packages: where no mirror has it, the message says what to do", async () => {
  await withMirrors(async (pinned, { without, other }) => {
    const { message } = await assertRejects(
      () => fetchPackage(pinned, [without, other]),
      ImageUnavailable,
      "Cannot fetch probe 1+b1",
    );
    for (const part of ["404", "--update", "--mirror URL", `URL/${pinned.path}`, "lock.json"]) {
      assert(message.includes(part), `${part} in: ${message}`);
    }
  });
});
