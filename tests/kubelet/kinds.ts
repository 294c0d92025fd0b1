/** Objects that a kubelet works with and the product does not. */
import type {
  Container,
  Pod as CorePod,
  Secret as CoreSecret,
} from "kubernetes-types/core/v1.d.ts";
import type { ObjectMeta } from "../../src/api/object_meta.ts";
import { resource } from "../../src/kube/resource.ts";

interface Stored {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** A Pod as the API server has it. */
export type Pod = Omit<CorePod, keyof Stored> & Stored;

/** A Secret as the API server has it. */
export type Secret = Omit<CoreSecret, keyof Stored> & Stored;

export type { Container };

/** Pods. */
export const pods = resource<Pod>("v1", "Pod", "pods", "namespaced");

/** Secrets. */
export const secrets = resource<Secret>("v1", "Secret", "secrets", "namespaced");
