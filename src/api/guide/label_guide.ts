/** What each label means. */

import type { labels } from "../labels.ts";

/** A label: which objects have it, and what its value is. */
export interface LabelGuide {
  on: string;
  value: string;
}

/** Every label. */
export const labelGuide = {
  owner: {
    on: "everything that is made for a FileIntegrity",
    value: "the name of the FileIntegrity; one of more than 63 characters is shortened",
  },
  node: {
    on: "FileIntegrityNodeStatuses, ConfigMaps with logs",
    value: "the name of the node; one of more than 63 characters is shortened",
  },
  aideConf: { on: "the ConfigMap with the active AIDE configuration", value: "nothing" },
  pod: { on: "the pods that scan", value: "nothing" },
  resultLog: { on: "ConfigMaps with the log of a failed scan", value: "nothing" },
  absorbedLog: { on: "ConfigMaps with the log of what a new baseline absorbed", value: "nothing" },
} as const satisfies Record<keyof typeof labels, LabelGuide>;
