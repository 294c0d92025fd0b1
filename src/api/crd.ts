/** The custom resource definitions of both kinds, from the schemas that the types and the validation come from. */

import type { TSchema } from "typebox";
import { FileIntegritySchema } from "./file_integrity.ts";
import { apiGroup } from "./labels.ts";
import { StoredNodeStatusSchema } from "./node_status.ts";
import { structuralSchema } from "./structural_schema.ts";

/** A column of `kubectl get`; those with priority 1 come with `-o wide` only. */
interface PrinterColumn {
  name: string;
  type: "string" | "integer" | "date";
  jsonPath: string;
  description: string;
  priority?: 1;
}

interface Kind {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  schema: TSchema;
  columns: PrinterColumn[];
  statusSubresource: boolean;
}

const kinds: Kind[] = [
  {
    kind: "FileIntegrity",
    plural: "fileintegrities",
    singular: "fileintegrity",
    shortNames: ["fi"],
    schema: FileIntegritySchema,
    statusSubresource: true,
    columns: [
      {
        name: "Age",
        type: "date",
        jsonPath: ".metadata.creationTimestamp",
        description: "Time since the object was made.",
      },
      {
        name: "Phase",
        type: "string",
        jsonPath: ".status.phase",
        description: "State of the scans.",
        priority: 1,
      },
      {
        name: "Nodes",
        type: "integer",
        jsonPath: ".status.nodes.desired",
        description: "Number of nodes to scan.",
        priority: 1,
      },
      {
        name: "Failed",
        type: "integer",
        jsonPath: ".status.nodes.failed",
        description: "Number of nodes on which files changed.",
        priority: 1,
      },
    ],
  },
  {
    kind: "FileIntegrityNodeStatus",
    plural: "fileintegritynodestatuses",
    singular: "fileintegritynodestatus",
    shortNames: ["fins"],
    schema: StoredNodeStatusSchema,
    statusSubresource: false,
    columns: [
      { name: "Node", type: "string", jsonPath: ".nodeName", description: "Name of the node." },
      {
        name: "Status",
        type: "string",
        jsonPath: ".lastResult.condition",
        description: "Verdict of the newest scan.",
      },
      {
        name: "Last scan",
        type: "date",
        jsonPath: ".lastResult.lastProbeTime",
        description: "Time since the newest scan ended.",
        priority: 1,
      },
      {
        name: "Changes",
        type: "integer",
        jsonPath: ".lastResult.changes.total",
        description: "Number of files that differ from the baseline.",
        priority: 1,
      },
    ],
  },
];

/** A CustomResourceDefinition object. */
export interface CustomResourceDefinition {
  apiVersion: "apiextensions.k8s.io/v1";
  kind: "CustomResourceDefinition";
  metadata: { name: string };
  spec: Record<string, unknown>;
}

/** The root of the schema; of `metadata`, `apiVersion` and `kind` the API server has its own. */
function rootSchema(kind: Kind): Record<string, unknown> {
  const root = structuralSchema(kind.schema, kind.kind);
  const properties = {
    ...root.properties as Record<string, unknown>,
    apiVersion: { type: "string", description: "Version of the schema of this object." },
    kind: { type: "string", description: "Kind of this object." },
    metadata: { type: "object" },
  };
  const required = (root.required as string[])
    .filter((name) => !["apiVersion", "kind", "metadata"].includes(name));
  const { required: _all, ...rest } = root;
  return { ...rest, properties, ...(required.length > 0 && { required }) };
}

/** The definitions of both kinds. */
export function customResourceDefinitions(): CustomResourceDefinition[] {
  return kinds.map((kind) => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.singular,
        shortNames: kind.shortNames,
        categories: ["file-integrity"],
      },
      versions: [{
        name: "v1alpha1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: rootSchema(kind) },
        subresources: kind.statusSubresource ? { status: {} } : {},
        additionalPrinterColumns: kind.columns,
      }],
    },
  }));
}
