import { assert, assertEquals } from "@std/assert";
import {
  debianMirrors,
  parseRepositories,
  repositoriesArguments,
  sourcesList,
} from "../../src/build/debian_sources.ts";
import { runCommand } from "../setup/run_command.ts";

Deno.test("debian sources: the archive's mirrors are told from security and from others' repositories", () => {
  const output = [
    "http://mirror.test/debian/|bookworm|main|",
    "http://mirror.test/debian/|bookworm|contrib|",
    "http://mirror.test/debian/|bookworm-updates|main|",
    "http://security.test/|bookworm-security|main|",
    "http://packages.test/apt/|cloud-sdk-bookworm|main|",
    "http://packages.test/node/|nodistro|main|",
    "http://docker.test/linux/debian/|bookworm|stable|",
    "http://second.test/debian/|stable|main|",
    "",
  ].join("\n");
  assertEquals(debianMirrors(parseRepositories(output)), {
    main: ["http://mirror.test/debian/", "http://second.test/debian/"],
    security: ["http://security.test/"],
  });
});

Deno.test("debian sources: a list holds one architecture and the key to check the release with", () => {
  const at = { main: "http://m/", keyring: "/k.gpg", architecture: "arm64" };
  const main = "deb [arch=arm64 signed-by=/k.gpg] http://m/ trixie main\n";
  assertEquals(sourcesList("trixie", at), main);
  assertEquals(
    sourcesList("trixie", { ...at, security: "http://s/" }),
    `${main}deb [arch=arm64 signed-by=/k.gpg] http://s/ trixie-security main\n`,
  );
});

Deno.test("debian sources: apt names this machine's mirrors before any update", async () => {
  const lists = await Deno.makeTempDir();
  try {
    const args = ["-o", `Dir::State::lists=${lists}`, ...repositoriesArguments];
    assert(debianMirrors(parseRepositories(await runCommand("apt-get", args))).main.length > 0);
  } finally {
    await Deno.remove(lists);
  }
});
