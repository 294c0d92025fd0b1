/** Asks whether the test may start. */
import { changedDirectory, home, productState } from "./e2e_place.ts";

/** What the test does to a machine, for the person whose machine it is. */
export const whatItDoes =
  `This starts a Kubernetes node on this machine, as root, for about ten minutes:
  - etcd, a control plane, a kubelet and containerd run in namespaces of their own, without any network but their own
  - AIDE in a pod reads all files of this machine's /boot, /etc, /root and /usr, twice; it changes none of them
  - files are made in ${changedDirectory}, ${productState} and ${home}, and cgroups; all of it is removed again`;

/** How the question is asked. */
export interface Asking {
  /** Whether the command line says yes. */
  yes: boolean;
  /** Whether this machine is there for tests. */
  ci: boolean;
  /** Whether somebody can answer. */
  terminal: boolean;
  /** Asks, and gives the answer; null where there is none. */
  ask: (question: string) => string | null;
}

/** Whether the test may start. */
export function consents({ yes, ci, terminal, ask }: Asking): boolean {
  if (yes || ci) return true;
  if (!terminal) return false;
  return /^y(es)?$/i.test(ask(`${whatItDoes}\nStart? [y/N]`)?.trim() ?? "");
}
