/** The DaemonSet whose pods scan. */

import type { DaemonSetSpec } from "kubernetes-types/apps/v1.d.ts";
import type { Container } from "kubernetes-types/core/v1.d.ts";
import {
  configMount,
  daemonArguments,
  hostRootMount,
  hostStateDirectory,
  nodeNameVariable,
} from "../api/daemon_flags.ts";
import type { EffectiveSpec } from "../api/effective.ts";
import { configDataKey, labels } from "../api/labels.ts";
import { daemonSetName, ownership } from "../api/names.ts";
import { probePort } from "../api/ports.ts";
import { quantityValue } from "../api/quantity.ts";

/** The ServiceAccount of the pods that scan. */
export const daemonServiceAccount = "file-integrity-daemon";

/** What a DaemonSet is made of. */
export interface DaemonSetInput {
  fileIntegrity: string;
  uid: string;
  namespace: string;
  spec: EffectiveSpec;
  configDigest: string;
  image: string;
  /** Absent: that of the cluster's default. */
  priorityClassName?: string;
}

const mostWorkers = 4;

const probes = "probes";

/**
 * Often until the program answers: whether it is ready is looked at right after that, and decides how soon the next node
 * gets its new pod. Later ones only wake it. What they say never ends a scan, however long it takes: see daemon_health.ts.
 */
const containerProbes: Pick<Container, "startupProbe" | "readinessProbe" | "livenessProbe"> = {
  startupProbe: {
    httpGet: { path: "/healthz", port: probes, scheme: "HTTP" },
    ...{ initialDelaySeconds: 1, periodSeconds: 1, timeoutSeconds: 5 },
    ...{ successThreshold: 1, failureThreshold: 300 },
  },
  readinessProbe: {
    httpGet: { path: "/readyz", port: probes, scheme: "HTTP" },
    ...{ periodSeconds: 30, timeoutSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  },
  livenessProbe: {
    httpGet: { path: "/healthz", port: probes, scheme: "HTTP" },
    ...{ periodSeconds: 60, timeoutSeconds: 10, successThreshold: 1, failureThreshold: 10 },
  },
};

/** Threads for the cores that a pod may use. */
function workersFor(cpu: string | number): number {
  return Math.min(Math.max(Math.ceil(quantityValue(cpu) ?? 1), 1), mostWorkers);
}

/** Labels of the DaemonSet, and of its pods; people find the latter by `app`. */
export function daemonSetLabels(fileIntegrity: string): Record<string, string> {
  return { app: daemonSetName(fileIntegrity), ...ownership(fileIntegrity).labels };
}

/**
 * The wanted spec, whole: also what the API server would fill in is written out, so that it can be held against what
 * is there, and whatever somebody else put in is seen.
 */
export function daemonSetSpec(input: DaemonSetInput): DaemonSetSpec {
  const { fileIntegrity, uid, namespace, spec, configDigest, image, priorityClassName } = input;
  const state = hostStateDirectory(fileIntegrity);
  const { annotations } = ownership(fileIntegrity);
  const selector = { app: daemonSetName(fileIntegrity) };
  const { requests, limits } = spec.resources;
  return {
    selector: { matchLabels: selector },
    revisionHistoryLimit: 10,
    updateStrategy: {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 0, maxUnavailable: "10%" },
    },
    template: {
      metadata: {
        labels: { ...daemonSetLabels(fileIntegrity), [labels.pod]: "" },
        annotations: { "openshift.io/required-scc": "file-integrity-daemon", ...annotations },
      },
      spec: {
        serviceAccountName: daemonServiceAccount,
        serviceAccount: daemonServiceAccount,
        automountServiceAccountToken: true,
        ...(Object.keys(spec.nodeSelector).length > 0 && { nodeSelector: spec.nodeSelector }),
        ...(spec.tolerations.length > 0 && { tolerations: spec.tolerations }),
        ...(priorityClassName !== undefined && { priorityClassName }),
        restartPolicy: "Always",
        terminationGracePeriodSeconds: 30,
        dnsPolicy: "ClusterFirst",
        schedulerName: "default-scheduler",
        securityContext: {},
        containers: [{
          name: "daemon",
          image,
          imagePullPolicy: "IfNotPresent",
          args: daemonArguments({
            fileIntegrity,
            uid,
            namespace,
            configDigest,
            interval: spec.gracePeriod,
            maxBackups: spec.maxBackups,
            initialDelay: spec.initialDelay,
            debug: spec.debug,
            workers: workersFor(limits.cpu),
          }),
          env: [{
            name: nodeNameVariable,
            valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "spec.nodeName" } },
          }],
          ports: [{ name: probes, containerPort: probePort, protocol: "TCP" }],
          ...containerProbes,
          resources: {
            limits: { cpu: String(limits.cpu), memory: String(limits.memory) },
            requests: { cpu: String(requests.cpu), memory: String(requests.memory) },
          },
          // Root without the rights of root: it reads every file of the host, and writes one directory.
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { add: ["DAC_READ_SEARCH"], drop: ["ALL"] },
            privileged: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: false,
            runAsUser: 0,
            seLinuxOptions: { type: "spc_t" },
            seccompProfile: { type: "RuntimeDefault" },
          },
          terminationMessagePath: "/dev/termination-log",
          terminationMessagePolicy: "FallbackToLogsOnError",
          volumeMounts: [
            {
              name: "host-root",
              mountPath: hostRootMount,
              readOnly: true,
              // A mount that the host undoes must go here too: a copy of it would keep the device busy.
              mountPropagation: "HostToContainer",
            },
            { name: "state", mountPath: hostRootMount + state },
            { name: "config", mountPath: configMount, readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
        }],
        volumes: [
          { name: "host-root", hostPath: { path: "/", type: "" } },
          { name: "state", hostPath: { path: state, type: "DirectoryOrCreate" } },
          {
            name: "config",
            configMap: {
              name: fileIntegrity,
              defaultMode: 0o444,
              items: [{ key: configDataKey, path: configDataKey }],
            },
          },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
  };
}
