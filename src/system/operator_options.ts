/** The options of the operator. */

import { isNamespaceName } from "../api/names.ts";
import { bindAddressOption } from "./bind_address_option.ts";
import type { OptionTable, OptionValues } from "./option_table.ts";

/** Where the Deployment mounts the Secret with the certificate for metrics. */
export const servingCertificateDirectory = "/var/run/secrets/serving-cert";

/** The options of `operator`. */
export const operatorOptions = {
  namespace: {
    kind: "text",
    name: "namespace",
    metavar: "NAME",
    pattern: { fits: isNamespaceName, expected: "the name of a namespace" },
    description:
      "The namespace of the FileIntegrities. Default: WATCH_NAMESPACE, else POD_NAMESPACE, else that of the ServiceAccount.",
  },
  image: {
    kind: "text",
    name: "image",
    metavar: "IMAGE",
    description: "The image of the daemons. Default: RELATED_IMAGE_OPERATOR.",
  },
  kubeconfig: {
    kind: "path",
    name: "kubeconfig",
    metavar: "FILE",
    description: "How to reach the API server. Default: as the pod's ServiceAccount.",
  },
  context: {
    kind: "text",
    name: "context",
    metavar: "NAME",
    description: "The context of the kubeconfig. Default: its current one.",
  },
  aide: {
    kind: "path",
    name: "aide",
    metavar: "PATH",
    description: "The AIDE program that checks configurations. Default: aide on the PATH.",
  },
  bindAddress: bindAddressOption,
  certDir: {
    kind: "path",
    name: "cert-dir",
    metavar: "DIR",
    default: servingCertificateDirectory,
    description: "Directory of tls.crt and tls.key, with which metrics are served.",
  },
  plainMetrics: {
    kind: "flag",
    name: "plain-metrics",
    description:
      "Serve port 8383 in plain HTTP for anybody, and not over TLS for callers that may get metrics.",
  },
  logFormat: {
    kind: "choice",
    name: "log-format",
    metavar: "FORMAT",
    choices: ["json", "text"],
    default: "json",
    description: "Form of the log on standard error.",
  },
  debug: { kind: "flag", name: "debug", description: "Log details." },
} as const satisfies OptionTable;

/** The command line of the operator. */
export type OperatorOptions = OptionValues<typeof operatorOptions>;
