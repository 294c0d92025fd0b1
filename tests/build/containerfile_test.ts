import { assert, assertEquals } from "@std/assert";
import { fixedLabels, runConfig } from "../../src/build/image/image_config.ts";
import { imageLayers } from "../../src/build/image/image_parts.ts";
import { imageTask } from "./built_image.ts";

const path = new URL("../../src/build/Containerfile", import.meta.url);

interface Instruction {
  name: string;
  words: string;
}

/** The instructions of each stage, without comments, continued lines joined. */
function stagesOf(text: string): Instruction[][] {
  const lines = text.replaceAll(/^#.*\n/gm, "").replaceAll("\\\n", " ").split("\n");
  const stages: Instruction[][] = [[]];
  for (const line of lines.filter((line) => line.trim() !== "")) {
    const [, name = "", words = ""] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, words });
  }
  return stages;
}

const text = await Deno.readTextFile(path);
const [, build = [], image = []] = stagesOf(text);

const words = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter((instruction) => instruction.name === name).map(({ words }) => words);

const labels = Object.fromEntries(
  [...words(image, "LABEL").join(" ").matchAll(/([\w.-]+)="([^"]*)"/g)].map((
    [, name, value],
  ) => [name, value]),
);

Deno.test("Containerfile: the image says the same of itself, and is run in the same way", () => {
  const { "org.opencontainers.image.revision": revision, ...others } = labels;
  assertEquals(others, fixedLabels);
  assertEquals(revision, "${SOURCE_REVISION}");
  assertEquals(words(image, "USER"), [runConfig.User]);
  assertEquals(words(image, "WORKDIR"), [runConfig.WorkingDir]);
  assertEquals(words(image, "ENTRYPOINT").map((list) => JSON.parse(list)), [[
    ...runConfig.Entrypoint,
  ]]);
  assertEquals(words(image, "ENV").map((all) => all.replaceAll('"', "")), [...runConfig.Env]);
  assertEquals(words(image, "CMD"), []);
});

Deno.test("Containerfile: the files are those of the task's layers, one above the other", () => {
  assertEquals(words(image, "FROM"), ["scratch"]);
  assertEquals(words(image, "COPY"), imageLayers.map((name) => `--from=build /image/${name}/ /`));
  assertEquals(words(image, "RUN"), []);
});

Deno.test("Containerfile: the task runs with what is copied, as it is called there", async () => {
  const [run = "", ...others] = words(build, "RUN");
  assertEquals(others, []);
  const called = /^deno task image (.*)$/.exec(run)?.[1]?.split(" ") ?? [];
  const { stdout } = await imageTask(["--help"]);
  for (const option of called.filter((word) => word.startsWith("--"))) {
    assert(stdout.includes(option), option);
  }
  const directory = await Deno.makeTempDir({ prefix: "containerfile-" });
  try {
    const source = `${directory}/source`;
    await Deno.mkdir(source);
    for (const copied of words(build, "COPY")) {
      const names = copied.split(" ").slice(0, -1);
      for (const name of names) {
        const from = new URL(`../../${name}`, import.meta.url).pathname;
        const { success } = await new Deno.Command("cp", { args: ["-r", from, source] }).output();
        assert(success, name);
      }
    }
    const args = called.map((word) => word.replace(/^\/image$/, `${directory}/image`));
    const built = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "image", ...args],
      cwd: source,
      env: { SOURCE_REVISION: "", SOURCE_DATE_EPOCH: "" }, // as they are when nobody gives them
    }).output();
    assert(built.success, new TextDecoder().decode(built.stderr));
    const made = await Array.fromAsync(Deno.readDir(`${directory}/image`));
    assertEquals(made.map(({ name }) => name).sort(), [...imageLayers]);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
