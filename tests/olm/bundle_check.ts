/** OLM's own validation of bundles: the program `bundle_check`, built by Go once for each of its versions. */
import { architecture } from "../cluster/go_build.ts";
import { keepDirectory } from "../cluster/kept_programs.ts";
import { runCommand } from "../setup/run_command.ts";

const source = new URL("bundle_check", import.meta.url).pathname;

async function key(version: string): Promise<string> {
  const files = await Promise.all(
    ["go.mod", "go.sum", "main.go"].map((file) => Deno.readTextFile(`${source}/${file}`)),
  );
  const text = new TextEncoder().encode(JSON.stringify(files));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text)).toHex();
  return `bundle-check-${digest.slice(0, 16)}-${architecture()}-${version}`;
}

/** The program's path. Builds it, for a minute or two, where this version of it has not been built by this Go. */
export async function bundleCheck(goVersion: string): Promise<string> {
  const directory = await keepDirectory(await key(goVersion), {
    waiting: () => {},
    fill: async (directory) => {
      const flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"];
      await runCommand("go", ["build", ...flags, "-o", `${directory}/bundle-check`, "."], {
        cwd: source,
        env: { GOWORK: "off" }, // a workspace around this repository is for other modules
      });
    },
  });
  return `${directory}/bundle-check`;
}

/** What it has against a bundle in a directory, line by line: "error: …", "warning: …". */
export async function bundleFaults(program: string, directory: string): Promise<string[]> {
  const said = await runCommand(program, [directory]);
  return said.split("\n").filter((line) => line !== "");
}

/** The definition of ClusterServiceVersions, as JSON. */
export const serviceVersionDefinition = (program: string): Promise<string> =>
  runCommand(program, ["--definition"]);
