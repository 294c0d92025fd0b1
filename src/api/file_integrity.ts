/** FileIntegrity: what to scan, where and how often, written by the user. */

import Type, { type Static } from "typebox";
import { defaultGracePeriod, defaultMaxBackups, defaultTolerations } from "./defaults.ts";
import { FileIntegrityStatusSchema } from "./file_integrity_status.ts";
import { apiVersion } from "./labels.ts";
import { ObjectMetaSchema } from "./object_meta.ts";
import { quantitySchema } from "./quantity_schema.ts";

/** Schema of `Toleration`. */
export const TolerationSchema = Type.Object({
  // "" is what an absent field means; Lt and Gt are known to newer clusters, which judge them themselves.
  effect: Type.Optional(Type.Enum(["", "NoSchedule", "PreferNoSchedule", "NoExecute"], {
    type: "string",
    description: "The taint effect to tolerate; empty tolerates all effects.",
  })),
  key: Type.Optional(Type.String({
    description: "The taint key to tolerate; empty, with operator Exists, tolerates all keys.",
  })),
  operator: Type.Optional(Type.Enum(["", "Exists", "Equal", "Lt", "Gt"], {
    type: "string",
    description:
      "How key and value are compared with the taint: Exists for any value, Equal (the default) for this value, Lt " +
      "and Gt, on clusters that know them, for numbers.",
  })),
  tolerationSeconds: Type.Optional(Type.Integer({
    format: "int64",
    description: "How long, in seconds, a NoExecute taint is tolerated; for ever when absent.",
  })),
  value: Type.Optional(Type.String({
    description: "The taint value to tolerate; empty with operator Exists.",
  })),
}, {
  description: "A taint that the pods tolerate.",
  // What no pod can have: such a FileIntegrity never led to a scan.
  "x-kubernetes-validations": [
    {
      rule:
        "(has(self.key) && size(self.key) > 0) || (has(self.operator) && self.operator == 'Exists')",
      message: "without a key, operator must be Exists",
      fieldPath: ".operator",
      reason: "FieldValueInvalid",
    },
    {
      rule:
        "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || size(self.value) == 0",
      message: "with operator Exists, value must be empty",
      fieldPath: ".value",
      reason: "FieldValueInvalid",
    },
    {
      rule: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      message: "with tolerationSeconds, effect must be NoExecute",
      fieldPath: ".effect",
      reason: "FieldValueInvalid",
    },
  ],
});

/** Schema of `FileIntegrityConfig`. */
export const FileIntegrityConfigSchema = Type.Object({
  name: Type.Optional(Type.String({
    description:
      "Name of a ConfigMap with an AIDE configuration. The default policy is used unless both name and " +
      "namespace are given.",
  })),
  namespace: Type.Optional(Type.String({
    description:
      "Namespace of the ConfigMap with the AIDE configuration: that of the operator, which reads no other.",
  })),
  key: Type.Optional(Type.String({
    description:
      "The key in the ConfigMap under which the AIDE configuration stands; aide.conf when empty.",
  })),
  gracePeriod: Type.Optional(Type.Integer({
    default: defaultGracePeriod,
    description:
      "Seconds to pause between two scans, 900 when absent. Values below 10 mean 10. Frequent scans cost the node CPU " +
      "time and I/O.",
  })),
  maxBackups: Type.Optional(Type.Integer({
    default: defaultMaxBackups,
    description:
      "Number of AIDE databases and logs of earlier baselines to keep on each node, 5 when absent. Values below 0 mean 0.",
  })),
  initialDelay: Type.Optional(Type.Integer({
    description: "Seconds to wait before the first scan, 0 when absent. Values below 0 mean 0.",
  })),
}, { description: "What AIDE checks, and how often." });

const resourceList = (description: string) =>
  Type.Optional(Type.Object({
    cpu: Type.Optional(quantitySchema("CPU, in cores, such as 100m or 1.")),
    memory: Type.Optional(quantitySchema("Memory, in bytes, such as 64Mi.")),
  }, { description }));

/** Schema of `Resources`. */
export const ResourcesSchema = Type.Object({
  requests: resourceList("What a node sets aside for the pods: 40m and 40Mi when absent."),
  limits: resourceList("What the pods may use at most: 300m and 600Mi when absent."),
}, { description: "CPU and memory of the pods that scan." });

/** Schema of `FileIntegritySpec`. */
export const FileIntegritySpecSchema = Type.Object({
  nodeSelector: Type.Optional(Type.Record(Type.String(), Type.String(), {
    description: "Labels of the nodes to scan; all nodes when empty.",
  })),
  config: FileIntegrityConfigSchema,
  debug: Type.Optional(Type.Boolean({ description: "Whether the pods log details." })),
  tolerations: Type.Optional(Type.Array(TolerationSchema, {
    default: defaultTolerations,
    maxItems: 10_000, // bounds what the rules of an item can cost the API server
    description:
      "Taints that the pods tolerate. They take the place of the default, with which main and infra nodes are scanned.",
    "x-kubernetes-list-type": "atomic",
  })),
  priorityClassName: Type.Optional(Type.String({
    description: "Name of the priority class of the pods.",
  })),
  resources: Type.Optional(ResourcesSchema),
  realtime: Type.Optional(Type.Object({
    enabled: Type.Boolean({
      description: "Whether changed files are checked within seconds. Full scans go on as before.",
    }),
  }, { description: "Scans of files as soon as they change." })),
}, { description: "What to scan, where and how often." });

/** Schema of `FileIntegrity`. */
export const FileIntegritySchema = Type.Object({
  apiVersion: Type.Enum([apiVersion], { type: "string" }),
  kind: Type.Enum(["FileIntegrity"], { type: "string" }),
  metadata: ObjectMetaSchema,
  spec: Type.Optional(FileIntegritySpecSchema),
  status: Type.Optional(FileIntegrityStatusSchema),
}, { description: "FileIntegrity watches the files of nodes for changes with AIDE." });

/** A taint that the pods tolerate. */
export type Toleration = Static<typeof TolerationSchema>;

/** What AIDE checks, and how often. */
export type FileIntegrityConfig = Static<typeof FileIntegrityConfigSchema>;

/** CPU and memory of the pods that scan. */
export type Resources = Static<typeof ResourcesSchema>;

/** What the user wants, as written: `effectiveSpec` fills and bounds it. */
export type FileIntegritySpec = Static<typeof FileIntegritySpecSchema>;

/** What to scan, where and how often. */
export type FileIntegrity = Static<typeof FileIntegritySchema>;
