/** A moment as Kubernetes writes it: RFC 3339 in UTC with whole seconds. */
export function timestamp(milliseconds: number): string {
  return new Date(Math.floor(milliseconds / 1000) * 1000).toISOString().replace(".000Z", "Z");
}
