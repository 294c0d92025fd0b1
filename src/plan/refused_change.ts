/** A change of the DaemonSet that the API server refuses: what no pod can have, or what a policy of the cluster forbids. */

import type { Action } from "./action.ts";

/** What was refused. */
export interface RefusedChange {
  /** What tells it from other changes: see `changeKey`. */
  change: string;
  /** What the API server said. */
  message: string;
}

/** Milliseconds until a change that was refused is asked for again. */
export const refusedPause = 30_000;

/** An action that asks for a DaemonSet of ours. */
export type DaemonSetChange = Extract<Action, { kind: "create-daemon-set" | "patch-daemon-set" }>;

/** Whether an action asks for a DaemonSet of ours. */
export function isDaemonSetChange(action: Action): action is DaemonSetChange {
  return action.kind === "create-daemon-set" || action.kind === "patch-daemon-set";
}

/** The same for two actions that ask for the same. */
export function changeKey(action: DaemonSetChange): string {
  return JSON.stringify(action);
}

/** What the API server says to these actions, where it is one of them that it refused. */
export function refusalOf(
  actions: readonly Action[],
  refused: RefusedChange | undefined,
): string | undefined {
  const same = actions.some((action) =>
    isDaemonSetChange(action) && changeKey(action) === refused?.change
  );
  return same
    ? "The API server refuses the DaemonSet of the pods: correct what this comes of in the spec, or the policy that is " +
      `against it: ${refused?.message}`
    : undefined;
}
