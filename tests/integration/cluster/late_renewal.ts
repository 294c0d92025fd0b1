/** A line of the product's log: a renewal of the Lease that a busy API server did not answer within some seconds. */
export const lateRenewal = /"message":"The Lease could not be had or renewed: /;
