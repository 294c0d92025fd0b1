/** Where things are in an image. */

const home = "usr/lib/file-integrity-operator";

/** Paths in an image, without the slash in front. */
export const imagePaths = {
  /** The directory with Deno, the bundle and its code caches. */
  home,
  deno: `${home}/deno`,
  main: `${home}/main.js`,
  /** What an image runs: a script that becomes Deno. */
  program: "usr/bin/file-integrity-operator",
  aide: "usr/bin/aide",
  documentation: "usr/share/doc",
  /** What is in the image, in SPDX; programs that look for it go by the end of its name. */
  contents: "usr/share/sbom/file-integrity-operator.spdx.json",
} as const;
