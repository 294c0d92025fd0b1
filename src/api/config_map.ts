/** ConfigMap, as far as this program reads and writes it. */

import Type, { type Static } from "typebox";
import { ObjectMetaSchema } from "./object_meta.ts";

/** The API server refuses a ConfigMap whose values have more bytes together. */
export const maxConfigMapBytes = 1_048_576;

/** Schema of `ConfigMap`. */
export const ConfigMapSchema = Type.Object({
  apiVersion: Type.Enum(["v1"], { type: "string" }),
  kind: Type.Enum(["ConfigMap"], { type: "string" }),
  metadata: ObjectMetaSchema,
  data: Type.Optional(Type.Record(Type.String(), Type.String())),
  binaryData: Type.Optional(Type.Record(Type.String(), Type.String())),
  immutable: Type.Optional(Type.Boolean()),
});

/** A ConfigMap. */
export type ConfigMap = Static<typeof ConfigMapSchema>;
