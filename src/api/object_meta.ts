/** `metadata` of the objects that this program reads and writes. */

import type { ManagedFieldsEntry } from "kubernetes-types/meta/v1.d.ts";
import Type, { type Static } from "typebox";

const stringMap = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.String(), { description }));

const optionalString = (description: string) => Type.Optional(Type.String({ description }));

/** An owner of an object, by which it is garbage collected. */
export const OwnerReferenceSchema = Type.Object({
  apiVersion: Type.String(),
  kind: Type.String(),
  name: Type.String(),
  uid: Type.String(),
  controller: Type.Optional(Type.Boolean()),
  blockOwnerDeletion: Type.Optional(Type.Boolean()),
});

/** Schema of metadata. Custom resource definitions leave it to the API server, which knows it. */
export const ObjectMetaSchema = Type.Object({
  name: Type.String({ description: "Name of the object, unique in its namespace." }),
  namespace: optionalString("Namespace of the object."),
  labels: stringMap("Keys and values to select the object by."),
  annotations: stringMap("Keys and values with further information."),
  uid: optionalString("Identity of this object, never used again."),
  resourceVersion: optionalString("Opaque version of the stored object."),
  generation: Type.Optional(Type.Integer({ description: "Version of the wanted state." })),
  creationTimestamp: optionalString("When the object was made, RFC 3339."),
  deletionTimestamp: optionalString("When the object is to go, RFC 3339."),
  deletionGracePeriodSeconds: Type.Optional(Type.Integer()),
  generateName: optionalString("Prefix of a name that the server completes."),
  selfLink: optionalString("Deprecated."),
  finalizers: Type.Optional(Type.Array(Type.String())),
  ownerReferences: Type.Optional(Type.Array(OwnerReferenceSchema)),
  managedFields: Type.Optional(
    Type.Unsafe<ManagedFieldsEntry[]>({
      type: "array",
      items: { type: "object" },
      description: "Who set which field; kept by the server.",
    }),
  ),
});

/** Metadata of an object; `name` is always there. */
export type ObjectMeta = Static<typeof ObjectMetaSchema>;

/** An owner of an object, by which it is garbage collected. */
export type OwnerReference = Static<typeof OwnerReferenceSchema>;
