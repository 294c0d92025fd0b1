/**
 * Whether `holder` was an operator in the same pod before this one: the container of a pod is started again when the one
 * before has ended. `pod` is the name of this operator's pod; undefined outside of one.
 */
export function isEarlierContainer(pod: string | undefined, holder: string): boolean {
  return pod !== undefined && holder.startsWith(`${pod}-`) &&
    /^[0-9a-f]{8}$/.test(holder.slice(pod.length + 1));
}
