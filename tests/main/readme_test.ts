import { assert, assertEquals } from "@std/assert";

const root = new URL("../../", import.meta.url).pathname;
const readme = await Deno.readTextFile(`${root}README.md`);
const tasks = Object.keys(JSON.parse(await Deno.readTextFile(`${root}deno.json`)).tasks);

async function help(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", `${root}src/main.ts`, ...args, "--help"],
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("every task that the README names is there, and the README names every task", () => {
  const named = new Set(
    [...readme.matchAll(/\b(?:deno|deno@2\.9\.6) task (?:-q )?([a-z][a-z0-9-]*)/g)].map((match) =>
      match[1] ?? ""
    ),
  );
  assertEquals([...named].sort(), [...tasks].sort());
});

Deno.test("every option of scan is in the README, and no other", async () => {
  const table = readme.slice(readme.search(/\| option /), readme.search(/\| exit status /));
  const inTable = new Set([...table.matchAll(/--[a-z][a-z-]+/g)].map(([option]) => option));
  const inHelp = new Set(
    [...(await help("scan")).matchAll(/^\s+(?:-\w, )?(--[a-z][a-z-]+)/gm)].map((match) =>
      match[1] ?? ""
    ),
  );
  inHelp.delete("--filename"); // -f in the README
  inHelp.delete("--output"); // -o
  inTable.delete("--help");
  assertEquals([...inTable].sort(), [...inHelp].sort());
});

Deno.test("what the README says of completions and configurations, the program's help says too", async () => {
  const text = await help();
  for (const word of ["scan", "config", "completion", "--version"]) {
    assert(text.includes(word), word);
  }
  const config = await help("config");
  for (const word of ["default", "convert", "check"]) assert(config.includes(word), word);
});
