import { assert, assertEquals, assertMatch } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";

const root = new URL("../../", import.meta.url).pathname;

Deno.test("the README's demo shows what it promises", async () => {
  const [aide] = (await aideBinaries()).slice(-1);
  assert(aide !== undefined);
  const programs = await Deno.makeTempDir();
  try {
    await Deno.symlink(aide.path, `${programs}/aide`);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "demo"],
      cwd: root,
      env: { PATH: `${programs}:${Deno.env.get("PATH") ?? ""}` },
    }).output();
    const said = new TextDecoder().decode(stdout);
    const log = new TextDecoder().decode(stderr);
    assertEquals(code, 0, `${said}\n${log}`);
    assertMatch(said, /Succeeded/);
    assertMatch(said, /condition: Failed/);
    assertMatch(said, /filesChanged: 1/);
    assertMatch(said, /path: \/etc\/resolv\.conf/);
    assertMatch(said, /: \/hostroot\/etc\/resolv\.conf/);
    assertMatch(said, /"reason": "requested"/);
    assertMatch(log, /absorbed 0 added, 1 changed, 0 removed/i);
    assertMatch(said, /"condition": "Succeeded"/);
  } finally {
    await Deno.remove(programs, { recursive: true });
  }
});
