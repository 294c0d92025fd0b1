/** Which test files may run beside each other. */

/** The arguments of the test command, told apart. */
export interface TestArguments {
  flags: string[];
  paths: string[];
}

// Flags of `deno test` whose value may stand in an argument of its own.
const valued = new Set(["--filter", "--ignore", "--seed"]);

/** Tells flags from paths; what follows a flag that takes a value belongs to the flag. */
export function splitArguments(args: readonly string[]): TestArguments {
  const split: TestArguments = { flags: [], paths: [] };
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? "";
    if (!argument.startsWith("-")) {
      split.paths.push(argument);
    } else if (valued.has(argument) && at + 1 < args.length) {
      split.flags.push(`${argument}=${args[++at]}`);
    } else {
      split.flags.push(argument);
    }
  }
  return split;
}

// Tests of these folders start programs, mount file systems, fill disks or send signals: one file at a time.
const alone = /^tests\/(node|cli|build|main|demo)(\/|_test)/;

/** Parts test files into those that may run in parallel, because they only compute, and the rest. */
export function testGroups(files: readonly string[]): { parallel: string[]; serial: string[] } {
  return {
    parallel: files.filter((file) => !alone.test(file)),
    serial: files.filter((file) => alone.test(file)),
  };
}
