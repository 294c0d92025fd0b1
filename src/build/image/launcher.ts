import { becomeProgram } from "../become_program.ts";
import { imagePaths } from "./image_paths.ts";

/** The script that an image runs: it works out the permissions of the subcommand and becomes the program. */
export const launcher = `#!/bin/sh
# File Integrity Operator on Deno: becomes the program, with exactly the permissions that the subcommand needs.
set -u
directory=/${imagePaths.home}

fail() {
  printf '%s: %s\\n' file-integrity-operator "$1" >&2
  exit "$2"
}
${becomeProgram}`;
