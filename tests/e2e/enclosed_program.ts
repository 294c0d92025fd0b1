// deno-lint-ignore-file no-console -- a command line tool
/**
 * What a test runs in an enclosure: starts a process that is left alone, says so, and waits for the end of its stdin;
 * with "deaf" as its argument it does not hear of that.
 */
const child = new Deno.Command("sh", {
  args: ["-c", "sleep 1000 & exec sleep 1000"],
  detached: true,
  stdin: "null",
  stdout: "null",
  stderr: "null",
}).spawn();
child.unref();
console.log("started");
if (Deno.args[0] === "deaf") await new Promise((resolve) => setTimeout(resolve, 1_000_000));
for await (const _ of Deno.stdin.readable); // nothing comes
Deno.exit(3);
