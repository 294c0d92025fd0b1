/** Mounts that end with the test, whatever becomes of it. */

async function run(command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(command, { args, stderr: "piped" }).output();
  if (code !== 0) {
    throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  }
}

/** A mount; unmounted when it is disposed of. */
export interface Mount extends AsyncDisposable {
  /** Mounts it anew with these options. */
  remount(options: string): Promise<void>;
  unmount(): Promise<void>;
}

function mounted(path: string, kind: string): Mount {
  let there = true;
  const unmount = async (): Promise<void> => {
    if (!there) return;
    there = false;
    await run("umount", "--lazy", path);
  };
  return {
    remount: (options) => run("mount", "-o", `remount,${kind}${options}`, path),
    unmount,
    [Symbol.asyncDispose]: unmount,
  };
}

/** Mounts an empty tmpfs of that size (`16k`, `8m`) over a directory. */
export async function tmpfs(path: string, size: string): Promise<Mount> {
  await Deno.mkdir(path, { recursive: true });
  await run("mount", "-t", "tmpfs", "-o", `size=${size},mode=700`, "tmpfs", path);
  return mounted(path, "");
}

/** Mounts a directory over itself, or over another. */
export async function bind(from: string, path = from): Promise<Mount> {
  await run("mount", "--bind", from, path);
  return mounted(path, "bind,");
}
