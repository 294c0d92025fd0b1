/** How a shell script becomes the program. */
import { runFlags } from "./permissions.ts";
import { permissionCases, permissionFunctions } from "./permission_script.ts";

/**
 * The end of a shell script that becomes the program, with exactly the permissions of the subcommand that its arguments
 * ask for: same process, same signals. `$directory` has Deno, the bundle and its code caches; `fail MESSAGE STATUS` is a
 * function of the script. Plain POSIX shell, with nothing but what is built into it.
 */
export const becomeProgram = `${permissionFunctions}
${permissionCases()}
DENO_DIR=$directory/$cache
DENO_NO_UPDATE_CHECK=1
DENO_NO_PACKAGE_JSON=1
export DENO_DIR DENO_NO_UPDATE_CHECK DENO_NO_PACKAGE_JSON
exec "$directory/deno" run \\
  ${runFlags.join(" ")} "$engine" \\
  \${allow_read:+"$allow_read"} \${allow_write:+"$allow_write"} \${allow_run:+"$allow_run"} \\
  \${allow_net:+"$allow_net"} \${ignore_env:+"$ignore_env"} \${allow_env:+"$allow_env"} \\
  \${allow_sys:+"$allow_sys"} "$directory/main.js" "$@"
`;
