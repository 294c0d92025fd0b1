import type { UnverifiedReason } from "../api/node_status.ts";

/** What a message of AIDE is about. */
export type StderrMeaning =
  | { kind: "unverified"; path: string; reason: UnverifiedReason }
  | { kind: "error" }
  | { kind: "warning" };

// The words of AIDE 0.18 and 0.19 about a file; the first group is its path below the root prefix. The text around a
// path is matched from both ends, since a name may hold any of it.
const aboutFiles: readonly [RegExp, UnverifiedReason][] = [
  [/^hash calculation: number of bytes read [^']* for '(.*)', was file /s, "changed-while-hashed"],
  [/^hash calculation: number of bytes read [^']* for '(.*)' \(/s, "changed-while-hashed"],
  [
    /^number of bytes read for hash calculation [^']* for '(.*)' \(discarding/s,
    "changed-while-hashed",
  ],
  [/^'(.*)' has changed \(changed fields: .*\) during hash calculation/s, "changed-while-hashed"],
  [/^hash calculation: open\(\) failed for (.*): [^:]*\(/s, "unreadable"],
  [/^hash calculation: [^']* (?:for|of) '(.*)': [^:]*\(/s, "unreadable"],
  [/^hash calculation: .* for '?(.*?)'? \(/s, "unreadable"],
  [/^opendir\(\) failed for '.*' \(fullpath: '(.*)'\): /s, "unreadable"],
  [/^failed to open directory '(.*)' for reading directory contents: /s, "unreadable"],
  [/^failed to open [a-z ]+ '(.*)' for reading: /s, "unreadable"],
  [/^get_file_status: lstat\(\) failed for (.*)(?:: |\. strerror)/s, "stat-failed"],
  [/^failed to access '(.*)': .*\(skipping\)$/s, "stat-failed"],
  [/^fstat\(\) failed for (.*): [^:]*\(skipping\)$/s, "stat-failed"],
  [/^fstatfs\(\) failed for (.*): [^:]*\(/s, "stat-failed"],
  [/^'(.*)': failed to duplicate file descriptor: /s, "unreadable"],
  [/^failed to get default ACL for directory '(.*)': /s, "unreadable"],
  [/^lgetxattr\(\) failed to get value of extended attribute '.*' for '(.*)': /s, "unreadable"],
  [/^[a-z_]+\(\) failed to get [A-Za-z ]* (?:for|of) '(.*)': /s, "unreadable"],
  [/^cap_to_text\(\) failed .* of '(.*)': /s, "unreadable"],
  [/^tried to read (?:access|default) ACL on (.*) but failed with: /s, "unreadable"],
  [/^(?:listxattrs|lgetxattr|lgetfilecon_raw) failed for (.*):/s, "unreadable"],
  [/^readlink\(\) failed for '(.*)': /s, "unreadable"],
  [/^cannot compare hashsums of old:'.*' and new:'(.*)' \(no common hashsum/s, "attributes-differ"],
];

// A database that AIDE can't read to its end, or a rule set that selects nothing, can't prove anything.
const database =
  /^[a-z]+:.*:\d+: .*(?:cutoff database line|'@@(?:begin_db|end_db|db_?spec)'|unexpected (?:string|token|character)|unknown token|duplicate database entry|additional '|invalid path|from database|reading database|newline or end of file)/s;
const nothing = /^rule tree is empty/;
const trouble =
  /failed|discar|disabl|could not|mismatch|skipping|cannot compare|has changed|tried to read/;
const ofConfig = /^[^']*:\d+(?::\d+)?: /;
const tooLong = /: File name too long(?: \(|$)/;

/** What AIDE says behind a path; a name may hold any words. */
const afterPath = (text: string, path: string): string =>
  text.slice(text.lastIndexOf(path) + path.length);

/**
 * Says what a WARNING of AIDE means, `text` being its words without the severity, one character a byte. A warning that
 * nobody foresaw counts as evidence when it names a path below `root` or speaks of a failure.
 */
export function warningMeaning(text: string, root: string): StderrMeaning {
  if (database.test(text) || nothing.test(text)) return { kind: "error" };
  for (const [pattern, reason] of aboutFiles) {
    const path = pattern.exec(text)?.[1];
    if (path === undefined || !path.startsWith("/")) continue;
    return {
      kind: "unverified",
      path,
      reason: tooLong.test(afterPath(text, path)) ? "path-too-long" : reason,
    };
  }
  if (ofConfig.test(text)) return { kind: "warning" };
  const at = root === "" ? text.search(/'\//) + 1 : text.indexOf(`${root}/`);
  if (root === "" ? at === 1 || (at > 0 && trouble.test(text)) : at >= 0) {
    return { kind: "unverified", path: text.slice(at), reason: "unreadable" };
  }
  return { kind: trouble.test(text) ? "error" : "warning" };
}
