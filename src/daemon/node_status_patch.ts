import type {
  Absorbed,
  Baseline,
  FileIntegrityNodeStatus,
  LastResult,
} from "../api/node_status.ts";
import type { MergePatch } from "../kube/kube_api.ts";

type OptionalKeys<T> = {
  [K in keyof T]-?: Record<string, never> extends Pick<T, K> ? K : never;
}[keyof T];

type Nulls<T> = Record<OptionalKeys<T>, null>;

// A merge patch leaves alone what it does not name: every field that may have been there is named.
const noResult: Nulls<LastResult> = {
  resultConfigMapName: null,
  resultConfigMapNamespace: null,
  errorMessage: null,
  errorReason: null,
  filesAdded: null,
  filesChanged: null,
  filesRemoved: null,
  lastTransitionTime: null,
  scan: null,
  changes: null,
  unverified: null,
};

const noBaseline: Nulls<Baseline> = { requestID: null, absorbed: null };

const noAbsorbed: Nulls<Absorbed> = {
  note: null,
  resultConfigMapName: null,
  resultConfigMapNamespace: null,
};

/**
 * The merge patch that makes results and baseline of the stored object those of `status`, whatever they were, and
 * touches nothing else. It fits the object with that uid only.
 */
export function nodeStatusPatch(
  { results, lastResult, baseline }: FileIntegrityNodeStatus,
  uid: string,
): MergePatch {
  return {
    metadata: { uid },
    results,
    lastResult: { ...noResult, ...lastResult },
    ...(baseline === undefined ? {} : {
      baseline: {
        ...noBaseline,
        ...baseline,
        ...(baseline.absorbed === undefined
          ? {}
          : { absorbed: { ...noAbsorbed, ...baseline.absorbed } }),
      },
    }),
  };
}
