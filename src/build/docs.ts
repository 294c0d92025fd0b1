/**
 * Writes the parts of the documents that are made of the code; with `--check`, only tells which documents differ and
 * then exits with 1.
 */

import { documents, madeDocument } from "./docs/documents.ts";

const root = new URL("../../", import.meta.url);

const read = (path: string): Promise<string> => Deno.readTextFile(new URL(path, root));

/** Markdown as `deno fmt` writes it. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    cwd: root.pathname,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const fed = writer.write(new TextEncoder().encode(text)).then(() => writer.close());
  const { success, stdout, stderr } = await child.output();
  await fed;
  if (!success) throw new Error(`deno fmt: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** The documents whose parts are not as the code has them, each with its text as it is to be. */
export async function differingDocuments(): Promise<{ path: string; text: string }[]> {
  const differing: { path: string; text: string }[] = [];
  for (const path of Object.keys(documents)) {
    const text = await formatted(await madeDocument(path, read));
    if (text !== await read(path)) differing.push({ path, text });
  }
  return differing;
}

async function main(args: string[]): Promise<number> {
  const print = (line: string): Promise<number> =>
    Deno.stderr.write(new TextEncoder().encode(`${line}\n`));
  const differing = await differingDocuments();
  if (args.includes("--check")) {
    for (const { path } of differing) await print(`${path} differs: run deno task docs`);
    return differing.length === 0 ? 0 : 1;
  }
  for (const { path, text } of differing) {
    await Deno.writeTextFile(new URL(path, root), text);
    await print(`Wrote ${path}`);
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
