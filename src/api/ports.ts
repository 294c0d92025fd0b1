/** The ports that the program's pods listen on. */

/** Probes of the operator and of the daemons: plain HTTP, /healthz and /readyz. */
export const probePort = 8081;

/** Metrics of the operator. */
export const metricsPort = 8383;

/** Metrics of the operator, where the existing operator has those of FileIntegrities. */
export const fioMetricsPort = 8585;

/** The environment variable with the address to listen on; all interfaces where it is not set. */
export const bindAddressVariable = "BIND_ADDRESS";
