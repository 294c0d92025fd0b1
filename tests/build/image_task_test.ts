import { assert, assertEquals, assertMatch } from "@std/assert";
import { codeCacheNames } from "../../src/build/image/code_cache.ts";
import { elfNeeds } from "../../src/build/image/elf_needs.ts";
import { architectures } from "../../src/build/image/image_lock.ts";
import { imageLayers, ownArchitecture } from "../../src/build/image/image_parts.ts";
import { imagePaths } from "../../src/build/image/image_paths.ts";
import { filesBelow } from "../../src/build/image/tree.ts";
import { imageTask } from "./built_image.ts";

// In the header of every ELF file.
const machines = { amd64: 62, arm64: 183 } as const;

Deno.test("image task: help says what there is, and bad usage is 64 with a hint", async () => {
  const help = await imageTask(["--help"]);
  assertEquals(help.code, 0);
  for (
    const option of [
      "--arch",
      "--output",
      "--directory",
      "--mirror",
      "--update",
      "SOURCE_DATE_EPOCH",
    ]
  ) {
    assert(help.stdout.includes(option), option);
  }
  for (const args of [["--arch=riscv64"], ["--no-such-option"], ["word"]]) {
    const { code, stderr } = await imageTask(args);
    assertEquals(code, 64, args.join(" "));
    assertMatch(stderr, /deno task image --help/);
  }
});

Deno.test("image task: the image for another architecture is whole, and says what it lacks", async () => {
  const foreign = architectures.find((one) => one !== ownArchitecture())!;
  const directory = await Deno.makeTempDir({ prefix: "image-foreign-" });
  try {
    const { code, stderr } = await imageTask([`--arch=${foreign}`, `--directory=${directory}`]);
    assertEquals(code, 0, stderr);
    assertMatch(stderr, new RegExp(`without compiled code: only .*${foreign}`));
    const files = new Map<string, string>();
    for (const layer of imageLayers) {
      for (const path of await filesBelow(`${directory}/${layer}`)) {
        files.set(path, `${directory}/${layer}/${path}`);
      }
    }
    const names = new Set([...files.keys()].map((path) => path.slice(path.lastIndexOf("/") + 1)));
    for await (const { name, isDirectory } of Deno.readDir(`${directory}/base/usr/lib`)) {
      if (!isDirectory) continue; // links to libraries are by their names too
      for await (const entry of Deno.readDir(`${directory}/base/usr/lib/${name}`)) {
        names.add(entry.name);
      }
    }
    let programs = 0;
    for (const [path, from] of files) {
      const bytes = await Deno.readFile(from);
      const needs = elfNeeds(bytes);
      if (needs === undefined) continue;
      programs++;
      assertEquals(new DataView(bytes.buffer).getUint16(18, true), machines[foreign], path);
      for (const library of needs.libraries) assert(names.has(library), `${path} needs ${library}`);
    }
    for (const name of codeCacheNames) {
      assert(files.has(`${imagePaths.home}/${name}/v8_code_cache_v2`), name);
    }
    assert(programs > 15 && files.has(imagePaths.deno) && files.has(imagePaths.aide));
    const again = await imageTask([`--arch=${foreign}`, `--directory=${directory}`]);
    assertEquals(again.code, 69);
    assertMatch(again.stderr, /base: it is there already$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
