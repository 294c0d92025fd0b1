/** Where things are in a container, and how Deno is started there. */
import { engineFlagOf, subcommandOf } from "../../src/build/permissions.ts";
import { systemPath } from "../../src/node/find_program.ts";
import type { Mount } from "./container_script.ts";

const place = "/image";

/** Paths in a container. */
export const inImage = {
  deno: `${place}/bin/deno`,
  aide: `${place}/bin/aide`,
  /** The bundle's directory. */
  app: `${place}/app`,
  main: `${place}/app/main.js`,
  /** Deno's directory. */
  cache: `${place}/cache`,
} as const;

/** Variables of every container. */
export const imageEnvironment: Readonly<Record<string, string>> = {
  PATH: `${place}/bin:${systemPath}`,
  HOME: "/root",
  DENO_DIR: inImage.cache,
  DENO_NO_UPDATE_CHECK: "1",
  DENO_NO_PACKAGE_JSON: "1",
};

/** What runs the bundle with these arguments, as the packed file does; permissions, its path and they follow. */
export const runBundle = (args: readonly string[]): string[] => [
  ...[inImage.deno, "run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-remote"],
  ...["--no-npm", "--cached-only", engineFlagOf(subcommandOf(args))],
];

/** A directory of the machine that a container can read. */
export const readOnly = (source: string, path = source): Mount => ({
  ...{ source, path, readOnly: true },
});

/** The machine's own system and Deno. */
export async function systemMounts(): Promise<{ mounts: Mount[]; links: Record<string, string> }> {
  const mounts = ["/usr", "/etc", "/sys"].map((path) => readOnly(path));
  mounts.push({ source: "/dev", path: "/dev", readOnly: false });
  mounts.push({ ...readOnly(await Deno.realPath(Deno.execPath()), inImage.deno), file: true });
  const links: Record<string, string> = {};
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    // Where /usr is merged these are links.
    const at = await Deno.lstat(`/${name}`).catch(() => undefined);
    if (at?.isSymlink) links[name] = await Deno.readLink(`/${name}`);
    else if (at !== undefined) mounts.push(readOnly(`/${name}`));
  }
  return { mounts, links };
}
