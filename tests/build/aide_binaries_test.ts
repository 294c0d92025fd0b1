import { assert, assertEquals, assertMatch } from "@std/assert";
import { aideBinaries, aideRun } from "../aide_binaries.ts";

Deno.test("AIDE: both series run, with the checksums that a baseline needs", async () => {
  const binaries = await aideBinaries();
  assertEquals(binaries.map(({ version }) => version.split(".").slice(0, 2).join(".")), [
    "0.18",
    "0.19",
  ]);
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/root`);
    await Deno.writeTextFile(`${directory}/root/file`, "text");
    for (const { version, path } of binaries) {
      const config = `database_out=file:${directory}/${version}.db\ngzip_dbout=no
report_url=stdout\n${directory}/root p+acl+xattrs+sha512\n`;
      const { code, signal, stderrText } = await aideRun(path, ["--config=-", "--init"], {
        stdin: config,
      });
      assertEquals({ version, code, signal }, { version, code: 0, signal: null }, stderrText);
      const database = await Deno.readTextFile(`${directory}/${version}.db`);
      assertMatch(database, /root\/file .*[A-Za-z0-9+/]{86}==/);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("AIDE: what cannot be had is an error that says what was tried", async () => {
  const script = `import { aideBinaries } from "./tests/aide_binaries.ts";
    await aideBinaries().then(() => {}, (error) => console.log(error.message));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: new URL("../..", import.meta.url).pathname,
    env: { FIO_TEST_AIDE_019: "/nonexistent/aide" },
    stderr: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert(said.includes("AIDE 0.19") && said.includes("/nonexistent/aide"), said);
});
