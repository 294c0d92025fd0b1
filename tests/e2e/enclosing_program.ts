/** Runs enclosed_program.ts in an enclosure whose cgroups have the name that is the first argument. */
import { makeGroups } from "./cgroups.ts";
import { runEnclosed } from "./enclosure.ts";

const [name = "", ...args] = Deno.args;
await makeGroups(name);
const program = new URL("enclosed_program.ts", import.meta.url).pathname;
Deno.exit(await runEnclosed([program, ...args], name, new AbortController().signal));
