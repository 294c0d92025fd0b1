import { assertEquals } from "@std/assert";

async function pipe(program: string, args: string[], input: string): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = new Blob([input]).stream().pipeTo(child.stdin);
  const { code, stdout, stderr } = await child.output();
  await fed;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(stdout);
}

/** What `jq` makes of JSON texts: the documentation's way of reading results. */
export async function jq(filter: string, input: string, flags: string[] = []): Promise<string> {
  return await pipe("jq", [...flags, filter], input);
}

/** What the documented command makes of a ConfigMap with a compressed log. */
export async function unpackedLog(configMapFile: string): Promise<string> {
  const command = `jq -r '.data.integritylog' "$1" | base64 -d | gunzip`;
  return await pipe("bash", ["-o", "pipefail", "-c", command, "bash", configMapFile], "");
}
