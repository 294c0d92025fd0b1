/**
 * Whether an object's `resourceVersion`, or what a cache has heard, is as new as another one of the same resource;
 * undefined where one of them is no number, which the API server's own are: decimal, without leading zeros. Kubernetes
 * promises since 1.35 that they can be compared so, and has always made them so.
 */
export function isAsNewAs(version: string | undefined, other: string): boolean | undefined {
  const number = /^(0|[1-9]\d*)$/;
  if (version === undefined || !number.test(version) || !number.test(other)) return undefined;
  return BigInt(version) >= BigInt(other);
}
