import Type from "typebox";
import { quantityPattern } from "./quantity.ts";

/** Schema of a quantity: a number or a string. */
export const quantitySchema = (description: string) =>
  Type.Unsafe<number | string>({
    // Validation needs the types, a custom resource definition takes "int-or-string" in their place.
    type: ["integer", "string"],
    pattern: quantityPattern,
    "x-kubernetes-int-or-string": true,
    description,
  });
