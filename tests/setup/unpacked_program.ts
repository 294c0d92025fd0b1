/** Programs out of unpacked Debian packages, run with the libraries that they were unpacked with. */

async function isDirectory(path: string): Promise<boolean> {
  return await Deno.stat(path).then((at) => at.isDirectory, () => false);
}

/** The library directories of an unpacked tree: merged and unmerged `/usr`, any architecture. */
async function libraries(root: string): Promise<string[]> {
  const found: string[] = [];
  for (const base of [`${root}/lib`, `${root}/usr/lib`]) {
    if (!await isDirectory(base)) continue;
    for await (const { name, isDirectory } of Deno.readDir(base)) {
      if (isDirectory && name.endsWith("-linux-gnu")) found.push(`${base}/${name}`);
    }
  }
  return found.sort();
}

/** The tree's own dynamic loader; the one in `/lib64` may be a link that leads out of the tree. */
async function loader(directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    for await (const { name, isFile } of Deno.readDir(directory)) {
      if (isFile && /^ld-linux.*\.so\.\d+$/.test(name)) return `${directory}/${name}`;
    }
  }
  throw new Error(`Cannot find a dynamic loader in ${directories.join(", ")}`);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Writes an executable script at `script` that runs `program` (a path inside the unpacked tree `root`). It
 * replaces itself with the program, so that its process id and its signals are the program's own.
 */
export async function writeWrapper(root: string, program: string, script: string): Promise<void> {
  const directories = await libraries(root);
  const command = [
    await loader(directories),
    "--library-path",
    directories.join(":"),
    `${root}/${program}`,
  ];
  const text = `#!/bin/sh\nexec ${command.map(quoted).join(" ")} "$@"\n`;
  // Left alone where it is right already: another test may be about to run it.
  if (await Deno.readTextFile(script).catch(() => "") === text) return;
  const half = `${script}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(half, text, { mode: 0o755 });
  await Deno.chmod(half, 0o755);
  await Deno.rename(half, script);
}
