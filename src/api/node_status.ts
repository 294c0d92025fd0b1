/** FileIntegrityNodeStatus: what is known about one node, written by that node. */

import Type, { type Static } from "typebox";
import { apiVersion } from "./labels.ts";
import { ObjectMetaSchema } from "./object_meta.ts";
import { baselineReasons } from "./reasons.ts";
import { LastResultSchema, ScanResultSchema } from "./scan_result.ts";

export type * from "./scan_result.ts";
export type { BaselineReason, UnverifiedReason } from "./reasons.ts";

const absorbedCount = (what: string) =>
  Type.Integer({ minimum: 0, description: `Number of ${what} files that the database took in.` });

/** Schema of `Absorbed`. */
export const AbsorbedSchema = Type.Object({
  added: absorbedCount("added"),
  changed: absorbedCount("changed"),
  removed: absorbedCount("removed"),
  note: Type.Optional(Type.String({
    description: "Why the numbers are not the whole truth, where they are not.",
  })),
  resultConfigMapName: Type.Optional(
    Type.String({ description: "Name of the ConfigMap with the log of what was taken in." }),
  ),
  resultConfigMapNamespace: Type.Optional(
    Type.String({ description: "Namespace of the ConfigMap with the log of what was taken in." }),
  ),
}, {
  description: "What differed from the database before this one, and is no longer reported.",
});

/** Schema of `Baseline`. */
export const BaselineSchema = Type.Object({
  digest: Type.String({ description: "Digest of the database file aide.db.gz, as sha256:<hex>." }),
  configDigest: Type.String({
    description: "Digest of the AIDE configuration that built the database, as sha256:<hex>.",
  }),
  entries: Type.Integer({ minimum: 0, description: "Number of entries in the database." }),
  aideVersion: Type.String({ description: "Version of AIDE that built the database." }),
  created: Type.String({ format: "date-time", description: "When the database was built." }),
  reason: Type.Enum(baselineReasons, {
    type: "string",
    description:
      "Why the database was built: first (there was none), requested (a re-init), config-change, node-update, " +
      "node-replaced or moved-over (from another operator, whose database vouches for nothing here).",
  }),
  requestID: Type.Optional(
    Type.String({ description: "The re-init request that the database answers." }),
  ),
  absorbed: Type.Optional(AbsorbedSchema),
}, {
  description:
    "The database that scans compare with. A database that differs from this is never used.",
});

const ResultsSchema = Type.Array(ScanResultSchema, {
  description:
    "At most one result for each condition, the newest last; absent until the first scan has ended. An earlier " +
    "Succeeded stays beside a Failed, so that the time of the first failure can be seen.",
  "x-kubernetes-list-type": "atomic",
});

const identity = {
  apiVersion: Type.Enum([apiVersion], { type: "string" }),
  kind: Type.Enum(["FileIntegrityNodeStatus"], { type: "string" }),
  metadata: ObjectMetaSchema,
  nodeName: Type.String({ description: "Name of the node." }),
};

const description =
  "FileIntegrityNodeStatus holds the results of the scans of one node for one FileIntegrity.";

/** Schema of `FileIntegrityNodeStatus`. */
export const FileIntegrityNodeStatusSchema = Type.Object({
  ...identity,
  results: ResultsSchema,
  lastResult: LastResultSchema,
  baseline: Type.Optional(BaselineSchema),
}, { description });

/**
 * Schema of `StoredNodeStatus`, and of the custom resource definition: the operator makes the object, with its
 * requests to the node, and the node has nothing to report yet.
 */
export const StoredNodeStatusSchema = Type.Object({
  ...identity,
  results: Type.Optional(ResultsSchema),
  lastResult: Type.Optional(LastResultSchema),
  baseline: Type.Optional(BaselineSchema),
}, { description });

/** What a new baseline took in. */
export type Absorbed = Static<typeof AbsorbedSchema>;

/** The database that scans compare with. */
export type Baseline = Static<typeof BaselineSchema>;

/** What is known about one node as an API server has it: without results until the first scan has ended. */
export type StoredNodeStatus = Static<typeof StoredNodeStatusSchema>;

/** What is known about one node from its first report on. */
export type FileIntegrityNodeStatus = Static<typeof FileIntegrityNodeStatusSchema>;
