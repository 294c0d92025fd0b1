import { assertEquals } from "@std/assert";

const module = new URL("../../src/cli/give_up_permissions.ts", import.meta.url).href;

/** The permissions that a process which may do everything has left after giving up what `command` does not need. */
async function left(command: string): Promise<string[]> {
  const program = `
    const { giveUpPermissions } = await import(${JSON.stringify(module)});
    await giveUpPermissions(${JSON.stringify(command)});
    const left = [];
    for (const name of ["read", "write", "run", "net", "env", "sys", "ffi"]) {
      if ((await Deno.permissions.query({ name })).state === "granted") left.push(name);
    }
    console.log(JSON.stringify(left));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", `data:text/typescript,${encodeURIComponent(program)}`],
  }).output();
  const said = new TextDecoder().decode(stdout);
  return said === "" ? [new TextDecoder().decode(stderr)] : JSON.parse(said);
}

Deno.test("each command keeps only the permissions that it needs", async () => {
  assertEquals(await left("scan"), ["read", "write", "run", "env", "sys"]);
  assertEquals(await left("daemon"), ["read", "write", "run", "net", "env", "sys"]);
  assertEquals(await left("operator"), ["read", "run", "net", "env"]);
  assertEquals(await left("config default"), []);
  assertEquals(await left("config convert"), ["read"]);
  assertEquals(await left("config check"), ["read", "run", "env"]);
});
