/** The result of one scan of one node, as it stands in a FileIntegrityNodeStatus. */

import Type, { type Static } from "typebox";
import { errorReasons } from "./error_reasons.ts";
import { unverifiedReasons } from "./reasons.ts";

const count = (description: string) => Type.Integer({ minimum: 0, description });

/** The words of a scan's verdict. */
export const conditions = ["Succeeded", "Failed", "Errored"] as const;

/** The kinds of a change. */
export const changeKinds = ["added", "changed", "removed"] as const;

/** What a path can be. */
export const fileTypes = [
  "file",
  "directory",
  "link",
  "fifo",
  "socket",
  "blockDevice",
  "characterDevice",
  "other",
] as const;

/** Schema of `Condition`. */
export const ConditionSchema = Type.Enum(conditions, {
  type: "string",
  description:
    "Verdict of the scan: Succeeded (nothing changed since the baseline), Failed (files were " +
    "added, changed or removed) or Errored (the scan gave no verdict that can be trusted).",
});

/** Schema of `AttributeChange`. */
export const AttributeChangeSchema = Type.Object({
  name: Type.String({
    description: "AIDE's name of the attribute, such as size, sha512, perm, uid or link_name.",
  }),
  old: Type.Optional(
    Type.String({ description: "The value in the baseline; a list has one line per value." }),
  ),
  new: Type.Optional(
    Type.String({ description: "The value on the node; a list has one line per value." }),
  ),
}, { description: "One attribute that differs." });

/** Schema of `Change`. */
export const ChangeSchema = Type.Object({
  path: Type.String({
    description:
      "The path on the node, such as /etc/resolv.conf. A backslash, control and format characters, and " +
      "bytes that are not UTF-8 are written as \\ooo, three octal digits a byte.",
  }),
  kind: Type.Enum(changeKinds, { type: "string", description: "What happened to the path." }),
  fileType: Type.Optional(
    Type.Enum(fileTypes, {
      type: "string",
      description:
        "What the path is: a file, directory, link, fifo, socket, blockDevice, characterDevice or other.",
    }),
  ),
  attributes: Type.Array(AttributeChangeSchema, {
    description: "The attributes that differ.",
    "x-kubernetes-list-type": "atomic",
  }),
}, { description: "One path that was added, changed or removed." });

/** Schema of `Unverified`. */
export const UnverifiedSchema = Type.Object({
  path: Type.String({ description: "The path on the node, written as in changes." }),
  reason: Type.Enum(unverifiedReasons, {
    type: "string",
    description: "Why it could not be verified.",
  }),
}, { description: "One path that the scan could not verify." });

const documented = {
  condition: ConditionSchema,
  lastProbeTime: Type.String({ format: "date-time", description: "When the scan ended." }),
  resultConfigMapName: Type.Optional(
    Type.String({ description: "Name of the ConfigMap with the scan's log, where it left one." }),
  ),
  resultConfigMapNamespace: Type.Optional(
    Type.String({ description: "Namespace of the ConfigMap with the scan's log." }),
  ),
  errorMessage: Type.Optional(
    Type.String({
      description:
        "What went wrong when the condition is Errored, or with the log of a scan that is Failed.",
    }),
  ),
  filesAdded: Type.Optional(count("Number of files added since the baseline; absent when 0.")),
  filesChanged: Type.Optional(count("Number of files changed since the baseline; absent when 0.")),
  filesRemoved: Type.Optional(count("Number of files removed since the baseline; absent when 0.")),
};

/** Schema of `ScanResult`. */
export const ScanResultSchema = Type.Object(documented, {
  description: "The newest scan that ended with this condition.",
});

/** Schema of `Scan`. */
export const ScanSchema = Type.Object({
  start: Type.String({ format: "date-time", description: "When the scan began." }),
  durationSeconds: Type.Number({ minimum: 0, description: "How long the scan took, in seconds." }),
  entries: count("Number of entries that AIDE compared."),
  configDigest: Type.String({
    description: "Digest of the AIDE configuration that was used, as sha256:<hex>.",
  }),
  aideVersion: Type.String({ description: "Version of AIDE that was used." }),
  scope: Type.Enum(["full", "paths"], {
    type: "string",
    description:
      "full: everything that the configuration selects; paths: only paths that were seen to change.",
  }),
}, { description: "How the scan was run." });

/** Schema of `Changes`. */
export const ChangesSchema = Type.Object({
  added: count("Number of added files."),
  changed: count("Number of changed files."),
  removed: count("Number of removed files."),
  total: Type.Optional(count("Number of added, changed and removed files together.")),
  digest: Type.String({
    description:
      "Digest of the whole list of changes, in the order of the report: equal changes have equal digests.",
  }),
  truncated: Type.Boolean({
    description: "Whether items leaves some changes out; the log has them all.",
  }),
  items: Type.Array(ChangeSchema, {
    description: "The changes, changed files first, then removed, then added ones.",
    "x-kubernetes-list-type": "atomic",
  }),
}, { description: "What differs from the baseline." });

/** Schema of `LastResult`. */
export const LastResultSchema = Type.Object({
  ...documented,
  lastTransitionTime: Type.Optional(Type.String({
    format: "date-time",
    description:
      "When the result became what it is: the first scan with this condition, and with these changes or this error.",
  })),
  errorReason: Type.Optional(Type.Enum(errorReasons, {
    type: "string",
    description: "What errorMessage says in full, in one word.",
  })),
  scan: Type.Optional(ScanSchema),
  changes: Type.Optional(ChangesSchema),
  unverified: Type.Optional(Type.Object({
    total: count("Number of paths that could not be verified."),
    items: Type.Array(UnverifiedSchema, {
      description: "Some of the paths that could not be verified.",
      "x-kubernetes-list-type": "atomic",
    }),
  }, { description: "What the scan could not verify." })),
}, { description: "The newest scan." });

/** Verdict of a scan. */
export type Condition = Static<typeof ConditionSchema>;

/** What happened to a path. */
export type ChangeKind = typeof changeKinds[number];

/** What a path is. */
export type FileType = typeof fileTypes[number];

/** One attribute of a path that differs. Lists are joined with newlines. */
export type AttributeChange = Static<typeof AttributeChangeSchema>;

/** One path that was added, changed or removed; `path` is text as `encodePath` writes it, on the host. */
export type Change = Static<typeof ChangeSchema>;

/** One path that a scan could not verify. */
export type Unverified = Static<typeof UnverifiedSchema>;

/** An entry of `results`: the documented fields. */
export type ScanResult = Static<typeof ScanResultSchema>;

/** How a scan was run. */
export type Scan = Static<typeof ScanSchema>;

/** What a scan found to differ from the baseline. */
export type Changes = Static<typeof ChangesSchema>;

/** The newest result of a node, with all that is known about it. */
export type LastResult = Static<typeof LastResultSchema>;
