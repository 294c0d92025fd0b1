import { assertEquals, assertRejects } from "@std/assert";
import { baseTree } from "../../src/build/image/base_tree.ts";
import type { UnpackedPackage } from "../../src/build/image/fetch_package.ts";
import { type Tree, wholeTree, writeTree } from "../../src/build/image/tree.ts";

async function inTemporary(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await action(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A package of text files and links ("-> TARGET"), which need no libraries. */
async function made(
  home: string,
  name: string,
  contents: Record<string, string>,
): Promise<UnpackedPackage> {
  const files = `${home}/${name}`;
  for (const [path, text] of Object.entries(contents)) {
    await Deno.mkdir(`${files}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    if (text.startsWith("-> ")) await Deno.symlink(text.slice(3), `${files}/${path}`);
    else {await Deno.writeTextFile(`${files}/${path}`, text, {
        mode: /bin\//.test(path) ? 0o775 : 0o664,
      });}
  }
  const pinned = { architecture: "amd64", source: `${name} 1`, path: "", sha256: "" };
  return { files, control: `Package: ${name}\n`, pinned: { name, version: "1", ...pinned } };
}

const copyright = (name: string): Record<string, string> => ({
  [`usr/share/doc/${name}/copyright`]: `${name}: see GPL-2`,
});

async function packages(home: string): Promise<UnpackedPackage[]> {
  return [
    await made(home, "aide", {
      "usr/bin/aide": "#!",
      "etc/aide.conf": "not wanted",
      ...copyright("aide"),
    }),
    await made(home, "base-files", {
      "bin": "-> usr/bin",
      "etc/debian_version": "13",
      "etc/os-release": "-> ../usr/lib/os-release",
      "usr/lib/os-release": "ID=debian",
      "usr/share/common-licenses/GPL-2": "GPL",
      ...copyright("base-files"),
    }),
    await made(home, "dash", {
      "usr/bin/dash": "#!",
      "usr/bin/sh": "-> dash",
      ...copyright("dash"),
    }),
    await made(home, "unused", { "usr/lib/x/libunused.so": "", ...copyright("unused") }),
    await made(home, "util-linux", {
      "usr/bin/chrt": "#!",
      "usr/bin/mount": "not wanted",
      "usr/share/doc/util-linux": "-> util-linux-common",
    }),
    await made(home, "util-linux-common", copyright("util-linux-common")),
  ];
}

Deno.test("base layer: what is wanted, what it leads to, and whose it is", async () => {
  await inTemporary(async (home) => {
    const deno = `${home}/deno`;
    await Deno.writeTextFile(deno, "no ELF, so it needs nothing");
    const { tree, packages: used } = await baseTree(await packages(home), deno);
    const paths = [...tree].filter(([path]) => /^(usr|bin|etc\/[do]|var)/.test(path));
    assertEquals(paths.map(([path]) => path).sort(), [
      ...["bin", "etc/debian_version", "etc/os-release"],
      ...["usr/bin/aide", "usr/bin/chrt", "usr/bin/dash", "usr/bin/sh"],
      ...["usr/lib/os-release", "usr/sbin", "usr/share/common-licenses/GPL-2"],
      ...["aide", "base-files", "dash"].map((name) => `usr/share/doc/${name}/copyright`),
      ...["usr/share/doc/util-linux", "usr/share/doc/util-linux-common/copyright", "var"],
      ...["aide", "base-files", "dash", "util-linux", "util-linux-common"].map((name) =>
        `var/lib/dpkg/status.d/${name}`
      ),
    ]);
    assertEquals(used.map(({ name }) => name), [
      ...["aide", "base-files", "dash", "util-linux", "util-linux-common"],
    ]);
    assertEquals(tree.get("usr/bin/sh"), { kind: "link", to: "dash" });
    assertEquals(tree.get("usr/bin/aide"), {
      kind: "file",
      from: `${home}/aide/usr/bin/aide`,
      mode: 0o755,
    });
  });
});

Deno.test("base layer: what is in no package is named, with what needs it", async () => {
  await inTemporary(async (home) => {
    const all = await packages(home);
    const without = all.filter(({ pinned }) => pinned.name !== "dash");
    await assertRejects(() => baseTree(without, "/bin/sh"), Error, "the image needs usr/bin/dash");
    // A real program, with none of the libraries that it is linked with.
    await assertRejects(() => baseTree(all, "/bin/sh"), Error, "Deno needs");
  });
});

Deno.test("tree: directories come before what is in them", () => {
  const tree: Tree = new Map([
    ["usr/bin/a", { kind: "text", text: "", mode: 0o644 }],
    ["usr-local/b", { kind: "text", text: "", mode: 0o644 }],
  ]);
  assertEquals([...wholeTree(tree).keys()], [
    "usr",
    "usr-local",
    "usr-local/b",
    "usr/bin",
    "usr/bin/a",
  ]);
});

Deno.test("tree: modes are as they are said, whatever the process masks", async () => {
  await inTemporary(async (home) => {
    const umask = Deno.umask(0o077);
    try {
      await writeTree(
        new Map([
          ["usr/bin/a", { kind: "text", text: "a", mode: 0o755 }],
          ["usr/bin/b", { kind: "link", to: "a" }],
          ["usr/bin/c", { kind: "file", from: "/etc/passwd", mode: 0o644 }],
          ["tmp", { kind: "directory", mode: 0o1777 }],
        ]),
        `${home}/tree`,
      );
    } finally {
      Deno.umask(umask);
    }
    const mode = async (path: string): Promise<number> =>
      (await Deno.stat(`${home}/tree/${path}`)).mode! & 0o7777;
    assertEquals(await Promise.all(["usr", "usr/bin", "usr/bin/a", "usr/bin/c", "tmp"].map(mode)), [
      ...[0o755, 0o755, 0o755, 0o644, 0o1777],
    ]);
    assertEquals(await Deno.readTextFile(`${home}/tree/usr/bin/b`), "a");
  });
});
