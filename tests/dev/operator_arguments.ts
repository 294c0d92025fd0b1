/** The arguments of the operator behind `operator`. */
import { type OperatorOptions, operatorOptions } from "../../src/system/operator_options.ts";

/** Gives the options as a command line: all that the operator knows, and no others. */
export function operatorArguments(options: OperatorOptions): string[] {
  const given: Readonly<Record<string, unknown>> = options;
  return Object.entries(operatorOptions).flatMap(([field, { kind, name }]) => {
    const value = given[field];
    if (value === undefined) return [];
    if (kind === "flag") return value ? [`--${name}`] : [];
    return [`--${name}=${value}`];
  });
}
