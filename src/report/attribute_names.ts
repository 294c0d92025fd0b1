// The labels of AIDE's plain report, as 0.15 to 0.19 print them, and its names for them in JSON.
const names: Readonly<Record<string, string>> = {
  "File type": "file_type",
  "Lname": "link_name",
  "Linkname": "link_name",
  "Size": "size",
  "Size (>)": "growing_size",
  "Bcount": "block_count",
  "Perm": "perm",
  "Permissions": "perm",
  "Uid": "uid",
  "Gid": "gid",
  "Atime": "access_time",
  "Mtime": "modify_time",
  "Ctime": "change_time",
  "Inode": "inode",
  "Linkcount": "link_count",
  "ACL": "acl",
  "XAttrs": "xattrs",
  "SELinux": "selinux",
  "E2FSAttrs": "e2fsattrs",
  "Caps": "capabilities",
  "FS type": "fs_type",
  "MD5": "md5",
  "SHA1": "sha1",
  "SHA256": "sha256",
  "SHA512": "sha512",
  "SHA512/256": "sha512-256",
  "SHA3-256": "sha3-256",
  "SHA3-512": "sha3-512",
  "RMD160": "rmd160",
  "TIGER": "tiger",
  "CRC32": "crc32",
  "CRC32B": "crc32b",
  "HAVAL": "haval",
  "WHIRLPOOL": "whirlpool",
  "GOST": "gost",
  "STRIBOG256": "stribog256",
  "STRIBOG512": "stribog512",
};

const byLabel = new Map(Object.entries(names));

/** AIDE's JSON name of an attribute, by its label in the plain report; nothing for a label that it does not print. */
export function attributeName(label: string): string | undefined {
  return byLabel.get(label);
}

const known = new Map([...byLabel.values()].map((name) => [name, name]));

/** The JSON name of an attribute, if AIDE has one of this name. */
export function attributeOfName(name: string): string | undefined {
  return known.get(name);
}
