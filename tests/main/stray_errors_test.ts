import { assertEquals, assertStringIncludes } from "@std/assert";

const module = new URL("../../src/system/stray_errors.ts", import.meta.url).href;

async function run(body: string): Promise<{ code: number; said: string }> {
  const program = `
    const { endOnStrayErrors } = await import(${JSON.stringify(module)});
    endOnStrayErrors();
    ${body}`;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", `data:text/typescript,${encodeURIComponent(program)}`],
  }).output();
  return { code, said: new TextDecoder().decode(stderr) };
}

Deno.test("an error that nothing caught is Errored, never Failed", async () => {
  for (
    const body of [
      'setTimeout(() => { throw new Error("lost"); }, 0);',
      'void Promise.reject(new Error("lost"));',
      'void Promise.reject("lost");',
    ]
  ) {
    const { code, said } = await run(body);
    assertEquals(code, 2, said);
    assertStringIncludes(said, "Internal error: ");
    assertStringIncludes(said, "lost");
  }
});
