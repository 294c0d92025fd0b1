/** The arguments of the operator behind `operator`. */
import type { OperatorOptions } from "../../src/system/operator_options.ts";

/** Gives the options as a command line. */
export function operatorArguments(options: OperatorOptions): string[] {
  const { namespace, image, kubeconfig, context, aide, bindAddress, logFormat, debug } = options;
  const valued = {
    ...{ namespace, image, kubeconfig, context, aide },
    "bind-address": bindAddress,
    "log-format": logFormat,
  };
  return [
    ...Object.entries(valued).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`]
    ),
    ...debug ? ["--debug"] : [],
  ];
}
