/** The attributes and groups that AIDE itself defines, and which of them 0.18 and 0.19 share. */

/** Attributes other than hashes that AIDE 0.18 and 0.19 both take. */
export const sharedAttributes: ReadonlySet<string> = new Set([
  ..."p i l n u g s b m a c I".split(" "),
  ..."ftype acl selinux xattrs e2fsattrs caps growing compressed ANF ARF".split(" "),
]);

/** Hashes that AIDE 0.18 and 0.19 both compute, with every hash library. */
export const sharedHashes: ReadonlySet<string> = new Set([
  "sha256",
  "sha512",
  "md5",
  "sha1",
  "rmd160",
]);

/** Hashes that one of 0.18 and 0.19 lacks, or is about to drop, and what stands in for them. */
export const replacedHashes: ReadonlyMap<string, "sha256" | "sha512"> = new Map([
  ["md2", "sha256"],
  ["md4", "sha256"],
  ["tiger", "sha256"],
  ["haval", "sha256"],
  ["crc32", "sha256"],
  ["crc32b", "sha256"],
  ["gost", "sha256"],
  ["whirlpool", "sha512"],
  ["stribog256", "sha256"],
  ["stribog512", "sha512"],
  ["sha512_256", "sha256"],
  ["sha3_256", "sha256"],
  ["sha3_512", "sha512"],
]);

/** Groups that AIDE predefines in every version, and whether they hold a hash. */
export const defaultGroups: ReadonlyMap<string, boolean> = new Map([
  ["R", true],
  ["L", false],
  [">", false],
  ["H", true],
  ["X", false],
  ["E", false],
]);

/** Attributes that only some versions know, apart from hashes: `S` is spelled out, `fstype` has no stand-in. */
export const otherAttributes: ReadonlySet<string> = new Set(["S", "fstype"]);

/** Whether the name is an attribute of some version of AIDE. */
export function isAttribute(name: string): boolean {
  return sharedAttributes.has(name) || sharedHashes.has(name) || replacedHashes.has(name) ||
    otherAttributes.has(name);
}
