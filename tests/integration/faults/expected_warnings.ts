/** Lines of the product's log that a fault explains, for `Installation.faults`. */

/** A scan that finds something says so. */
export const findings = /"message":"(Failed|Errored|It absorbed|Absorbed)/;

/** The API server does not answer, or not as it should: what is done about it, and by whom. */
export const outage: readonly RegExp[] = [
  /"message":"Following \w+ was interrupted, and goes on/,
  /; tried again until it works"/,
  /"message":"FileIntegrity \S+ is tried again in /,
  /"message":"The Lease could not be had or renewed: /,
];

/** The leader was cut off for longer than its lease. */
export const leadershipLost =
  /"message":"The Lease is lost: this process ends, and another one leads"/;
