/** The last version of the existing operator, whose package this one goes on with. */
export const existingVersion = "1.4.0";

/** The first version that is surely above all of the existing operator's. */
const firstOwn = "2.0.0";

/**
 * The version of the package for a version of the program. OLM upgrades to higher versions, and the existing operator's
 * are of the same package: a program below 2.0.0 counts as an early version of 2.0.0, 0.1.0 as 2.0.0-0.1.0.
 */
export function bundleVersion(program: string): string {
  const [major = 0] = program.split(".").map(Number);
  return major >= 2 ? program : `${firstOwn}-${program}`;
}
