/** The status of a FileIntegrity, written by the operator. */

import Type, { type Static } from "typebox";

/** The phases of a FileIntegrity. */
export const phases = ["Pending", "Initializing", "Active", "Error"] as const;

/** Phase of a FileIntegrity. */
export type Phase = typeof phases[number];

/** Schema of `StatusCondition`, the `metav1.Condition` of Kubernetes. */
export const StatusConditionSchema = Type.Object({
  type: Type.String({
    maxLength: 316,
    pattern:
      "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
    description: "What the condition is about.",
  }),
  status: Type.Enum(["True", "False", "Unknown"], {
    type: "string",
    description: "Whether the condition holds.",
  }),
  observedGeneration: Type.Optional(Type.Integer({
    format: "int64",
    minimum: 0,
    description: "The metadata.generation that the condition was judged by.",
  })),
  lastTransitionTime: Type.String({
    format: "date-time",
    description: "When the condition's status last changed.",
  }),
  reason: Type.String({
    minLength: 1,
    maxLength: 1024,
    pattern: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
    description: "One word for why.",
  }),
  message: Type.String({ maxLength: 32768, description: "What a person should know about it." }),
}, { description: "One thing that holds or doesn't." });

const nodes = (description: string) => Type.Integer({ minimum: 0, description });

/** Schema of `NodeCounts`. */
export const NodeCountsSchema = Type.Object({
  desired: nodes("Number of nodes to scan."),
  succeeded: nodes("Number of nodes on which nothing changed."),
  failed: nodes("Number of nodes on which files changed."),
  errored: nodes("Number of nodes whose scan gave no verdict."),
  initializing: nodes("Number of nodes that have no result yet."),
  held: nodes("Number of nodes on which scans are paused."),
  stale: nodes("Number of nodes that have not reported in time."),
}, { description: "Number of nodes by state." });

/** Schema of `FileIntegrityStatus`. */
export const FileIntegrityStatusSchema = Type.Object({
  phase: Type.Optional(Type.Enum(phases, {
    type: "string",
    description:
      "Pending (being set up), Initializing (databases are being built), Active (scans go on) or Error.",
  })),
  lastTransitionTime: Type.Optional(Type.String({
    format: "date-time",
    description: "When the phase last changed.",
  })),
  observedGeneration: Type.Optional(Type.Integer({
    format: "int64",
    minimum: 0,
    description: "The metadata.generation that this status is about.",
  })),
  conditions: Type.Optional(Type.Array(StatusConditionSchema, {
    description: "The state in detail.",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
  })),
  nodes: Type.Optional(NodeCountsSchema),
  heldSince: Type.Optional(Type.String({
    format: "date-time",
    description:
      "Since when the node is held that has been held for longest; absent where none is.",
  })),
  configDigest: Type.Optional(Type.String({
    description: "Digest of the AIDE configuration that is active, as sha256:<hex>.",
  })),
}, { description: "The state of the scans, written by the operator." });

/** One thing that holds or doesn't. */
export type StatusCondition = Static<typeof StatusConditionSchema>;

/** Number of nodes by state. */
export type NodeCounts = Static<typeof NodeCountsSchema>;

/** The state of the scans of a FileIntegrity. */
export type FileIntegrityStatus = Static<typeof FileIntegrityStatusSchema>;
