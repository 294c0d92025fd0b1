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
const alone = /^tests\/(node|cli|build|main|demo|cluster)(\/|_test)/;
const integration = /^tests\/integration\//;
const clusters = /^tests\/integration\/cluster\//;

/**
 * Test files by how they are run. Their order means nothing beyond a directory: `deno test` begins with the directory
 * whose path is the longest, whatever order it is given.
 */
export interface TestGroups {
  /** They only compute: beside each other. */
  parallel: string[];
  /** One at a time. */
  serial: string[];
  /** On a cluster, beside each other. */
  integration: string[];
  /** They start clusters of their own: one at a time, when nothing else loads the machine. */
  clusters: string[];
}

/** Parts test files into groups. */
export function testGroups(files: readonly string[]): TestGroups {
  const onCluster = files.filter((file) => integration.test(file));
  const unit = files.filter((file) => !integration.test(file));
  return {
    parallel: unit.filter((file) => !alone.test(file)),
    serial: unit.filter((file) => alone.test(file)),
    integration: onCluster.filter((file) => !clusters.test(file)),
    clusters: onCluster.filter((file) => clusters.test(file)),
  };
}
