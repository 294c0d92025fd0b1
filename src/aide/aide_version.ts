/** Versions of AIDE, as `aide --version` prints them. */

/** A version of AIDE. `text` is as printed, suffix included: "0.18.3", "0.19.1-rc1". */
export interface AideVersion {
  major: number;
  minor: number;
  patch: number;
  text: string;
}

// 0.16 writes "Aide 0.16.2", later versions "AIDE 0.18.3"; a missing patch number stands for 0.
const pattern = /^aide\s+v?((\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-.+~][\w.+~-]{0,40})?)\s*$/im;

/** Reads the output (stdout or stderr) of `aide --version`; undefined when it isn't AIDE's. */
export function parseAideVersion(output: string): AideVersion | undefined {
  const match = pattern.exec(output.slice(0, 65536));
  if (match === null) return undefined;
  const [, text = "", major, minor, patch = "0"] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), text };
}

/** Whether a version is at least `major.minor`. */
export function atLeast(version: AideVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
