/** What a FileIntegrity comes to: defaults filled in, values brought within bounds, each change explained. */

import { defaultGracePeriod, defaultMaxBackups, defaultTolerations } from "./defaults.ts";
import type { FileIntegrity, Resources, Toleration } from "./file_integrity.ts";
import { configDataKey } from "./labels.ts";
import { quantityValue } from "./quantity.ts";

const minGracePeriod = 10;
const tenYears = 10 * 365 * 24 * 60 * 60;
const mostBackups = 10_000;

/** The spec as it is carried out: nothing is missing and nothing out of bounds. */
export interface EffectiveSpec {
  /** Labels of the nodes; {} for all nodes. */
  nodeSelector: Record<string, string>;
  /** The ConfigMap with the user's AIDE configuration; absent: the default policy. */
  userConfig?: { name: string; namespace: string; key: string };
  /** Seconds between two scans. */
  gracePeriod: number;
  /** Databases and logs of earlier baselines to keep. */
  maxBackups: number;
  /** Seconds before the first scan. */
  initialDelay: number;
  /** Whether to log details. */
  debug: boolean;
  tolerations: Toleration[];
  priorityClassName?: string;
  resources: { requests: Required<ResourceList>; limits: Required<ResourceList> };
  realtime: { enabled: boolean };
}

/** CPU in cores, memory in bytes, as Kubernetes quantities. */
export type ResourceList = NonNullable<Resources["limits"]>;

/** A value that is not carried out as written. */
export interface Adjustment {
  /** Field path, such as `spec.config.gracePeriod`. */
  path: string;
  /** What is done instead, and why. */
  message: string;
}

const defaultRequests: Required<ResourceList> = { cpu: "40m", memory: "40Mi" };
const defaultLimits: Required<ResourceList> = { cpu: "300m", memory: "600Mi" };

/** The wanted resources with defaults beside them that never contradict them; of two that do, the limit counts. */
function effectiveResources(
  wanted: Resources | undefined,
  adjust: (path: string, message: string) => void,
): EffectiveSpec["resources"] {
  const requests = { ...defaultRequests, ...wanted?.requests };
  const limits = { ...defaultLimits, ...wanted?.limits };
  for (const name of ["cpu", "memory"] as const) {
    if ((quantityValue(requests[name]) ?? 0) <= (quantityValue(limits[name]) ?? 0)) continue;
    if (wanted?.limits?.[name] === undefined) limits[name] = requests[name];
    else {
      const asked = wanted.requests?.[name];
      if (asked !== undefined) {
        adjust(
          `spec.resources.requests.${name}`,
          `${asked} is above spec.resources.limits.${name}: ${limits[name]} is used`,
        );
      }
      requests[name] = limits[name];
    }
  }
  return { requests, limits };
}

/** What `fi` comes to, and what of it is not carried out as written. */
export function effectiveSpec(
  fi: Pick<FileIntegrity, "spec">,
): { spec: EffectiveSpec; adjustments: Adjustment[] } {
  const adjustments: Adjustment[] = [];
  const adjust = (path: string, message: string): void => void adjustments.push({ path, message });
  const {
    nodeSelector = {},
    config,
    debug = false,
    tolerations,
    priorityClassName,
    resources,
    realtime,
  } = fi.spec ??
    {};

  const bounded = (
    field: string,
    value: number,
    least: number,
    most: number,
    unit: string,
  ): number => {
    const path = `spec.config.${field}`;
    if (value < least) adjust(path, `${value} is below the least value: ${least}${unit} is used`);
    else if (value > most) {
      adjust(path, `${value} is above the greatest value: ${most}${unit} is used`);
    }
    return Math.min(Math.max(value, least), most);
  };

  const { name = "", namespace = "", key = "" } = config ?? {};
  if ((name === "") !== (namespace === "")) {
    const missing = name === "" ? "name" : "namespace";
    adjust(
      `spec.config.${missing}`,
      `not given, so that no ConfigMap is named: the default policy is used`,
    );
  } else if (name === "" && key !== "") {
    adjust("spec.config.key", "names a key of no ConfigMap: the default policy is used");
  }

  const spec: EffectiveSpec = {
    nodeSelector,
    ...(name !== "" && namespace !== "" && {
      userConfig: { name, namespace, key: key === "" ? configDataKey : key },
    }),
    gracePeriod: bounded(
      "gracePeriod",
      config?.gracePeriod ?? defaultGracePeriod,
      minGracePeriod,
      tenYears,
      " s",
    ),
    maxBackups: bounded("maxBackups", config?.maxBackups ?? defaultMaxBackups, 0, mostBackups, ""),
    initialDelay: bounded("initialDelay", config?.initialDelay ?? 0, 0, tenYears, " s"),
    debug,
    tolerations: tolerations ?? structuredClone(defaultTolerations),
    ...(priorityClassName !== undefined && priorityClassName !== "" && { priorityClassName }),
    resources: effectiveResources(resources, adjust),
    realtime: { enabled: realtime?.enabled ?? false },
  };
  return { spec, adjustments };
}
