/** The objects of the existing operator (1.4), as it makes them and as its manifests have them. */

import { daemonSetName } from "../../../src/api/names.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** The FileIntegrity that the objects belong to. */
export interface OldOwner {
  name: string;
  namespace: string;
  uid: string;
  nodeSelector: Record<string, string>;
}

const prefix = "file-integrity.openshift.io";
const group = "fileintegrity.openshift.io/v1alpha1";
const image = "quay.io/file-integrity-operator/file-integrity-operator:1.4.0";

const controlled = ({ name, uid }: OldOwner): Any[] => [{
  ...{ apiVersion: group, kind: "FileIntegrity", name, uid },
  ...{ controller: true, blockOwnerDeletion: true },
}];

const masterAndInfra = ["master", "infra"].map((role) => ({
  ...{ key: `node-role.kubernetes.io/${role}`, operator: "Exists", effect: "NoSchedule" },
}));

const hostRoot = {
  name: "hostroot",
  hostPath: { path: "/" },
};

const small = {
  requests: { memory: "10Mi", cpu: "10m" },
  limits: { memory: "50Mi", cpu: "50m" },
};

/** The DaemonSet that scans. */
export function oldDaemonSet(owner: OldOwner, name = daemonSetName(owner.name)): Any {
  const { name: fi, namespace } = owner;
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      ...{ name, namespace, labels: { [`${prefix}/owner`]: fi } },
      ownerReferences: controlled(owner),
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name, [`${prefix}/pod`]: "", [`${prefix}/owner`]: fi } },
        spec: {
          nodeSelector: owner.nodeSelector,
          tolerations: masterAndInfra,
          serviceAccountName: "file-integrity-daemon",
          initContainers: [{
            ...{ name: "check-folder", image, securityContext: { runAsUser: 0 } },
            command: ["sh", "-c", "test -d /host/etc/kubernetes/static-pod-resources"],
            resources: small,
            volumeMounts: [
              { name: "hostroot", mountPath: "/host", mountPropagation: "HostToContainer" },
            ],
          }],
          containers: [{
            ...{ name: "daemon", image, securityContext: { privileged: true, runAsUser: 0 } },
            args: [
              ...["daemon", "--lc-file=/hostroot/etc/kubernetes/aide.log"],
              ...[`--lc-config-map-prefix=${name}`, `--owner=${fi}`, `--namespace=${namespace}`],
              ...["--interval=900", "--debug=false", "--maxbackups=5", "--aideconfigdir=/config"],
            ],
            env: [
              { name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
              { name: "GODEBUG", value: "madvdontneed=1" },
              { name: "LD_PRELOAD", value: "/opt/libaide_md5_guard.so" },
            ],
            resources: {
              requests: { memory: "40Mi", cpu: "40m" },
              limits: { memory: "600Mi", cpu: "300m" },
            },
            volumeMounts: [
              { name: "hostroot", mountPath: "/hostroot", mountPropagation: "HostToContainer" },
              { name: "config", mountPath: "/config" },
              { name: "tmp", mountPath: "/tmp" },
            ],
          }],
          volumes: [
            hostRoot,
            { name: "tmp", emptyDir: {} },
            { name: "config", configMap: { name: fi } },
          ],
        },
      },
    },
  };
}

/** A DaemonSet that asks all nodes, or one, for a new database. */
export function oldReinitDaemonSet(owner: OldOwner, node?: string): Any {
  const name = `aide-ini-${owner.name}${node === undefined ? "" : `-${node}`}`;
  const script = (map: string): Any => ({
    name: map,
    configMap: { name: map, defaultMode: 0o744 },
  });
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      ...{ name, namespace: owner.namespace, labels: { [`${prefix}/reinit-owner`]: owner.name } },
      ownerReferences: controlled(owner),
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          nodeSelector: node === undefined
            ? owner.nodeSelector
            : { "kubernetes.io/hostname": node },
          tolerations: masterAndInfra,
          serviceAccountName: "file-integrity-operator",
          initContainers: [{
            ...{ name: "reinit-script", image, command: ["/scripts/aide.sh"], resources: small },
            securityContext: { privileged: true, runAsUser: 0 },
            volumeMounts: [
              { name: "hostroot", mountPath: "/hostroot", mountPropagation: "HostToContainer" },
              { name: "aide-reinit", mountPath: "/scripts" },
            ],
          }],
          containers: [{
            ...{ name: "pause-script", image, command: ["/scripts/pause.sh"], resources: small },
            volumeMounts: [{ name: "aide-pause", mountPath: "/scripts" }],
          }],
          volumes: [hostRoot, script("aide-reinit"), script("aide-pause")],
        },
      },
    },
  };
}

const configMap = (
  { namespace }: OldOwner,
  metadata: Record<string, unknown>,
  data?: Record<string, string>,
): Any => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { namespace, ...metadata },
  ...data !== undefined && { data },
});

/** The ConfigMap with the active AIDE configuration, with a re-init that is not finished. */
export function oldActiveConfig(owner: OldOwner, text: string): Any {
  return configMap(owner, {
    name: owner.name,
    labels: { [`${prefix}/aide-conf`]: "", [`${prefix}/owner`]: owner.name },
    annotations: { [`${prefix}/updated`]: "" },
  }, { "aide.conf": text });
}

/** The ConfigMaps with its scripts. */
export function oldScripts(owner: OldOwner): Any[] {
  return [
    configMap(owner, { name: "aide-reinit" }, {
      "aide.sh": "#!/bin/sh\ntouch /hostroot/run/aide.reinit\n",
    }),
    configMap(owner, { name: "aide-pause" }, {
      "pause.sh":
        '#!/bin/sh\nsleep infinity & PID=$!\ntrap "kill $PID" INT TERM\nwait $PID || true\nexit 0\n',
    }),
  ];
}

const counts = (changed: number): Record<string, string> => ({
  [`${prefix}/files-added`]: "0",
  [`${prefix}/files-changed`]: String(changed),
  [`${prefix}/files-removed`]: "0",
});

/** A daemon's result that the operator has not taken in: Failed with a log, Errored with `error`, else Succeeded. */
export function oldResult(
  owner: OldOwner,
  node: string,
  { log, error }: { log?: string; error?: string } = {},
): Any {
  const { name, uid } = owner;
  return configMap(owner, {
    name: `${daemonSetName(name)}-${node}`,
    labels: { [`${prefix}/owner`]: name, [`${prefix}/log`]: "", [`${prefix}/node`]: node },
    annotations: {
      ...log !== undefined && counts(3),
      ...error !== undefined && { [`${prefix}/log-errormsg`]: error },
    },
    ownerReferences: [{ apiVersion: group, kind: "FileIntegrity", name, uid }],
  }, log === undefined ? undefined : { integritylog: log });
}

/** The ConfigMap that keeps the log of a node that is Failed. */
export function oldFailureLog(owner: OldOwner, node: string, log: string): Any {
  return configMap(owner, {
    name: `${daemonSetName(owner.name)}-${node}-failed`,
    labels: {
      [`${prefix}/owner`]: owner.name,
      [`${prefix}/result-log`]: "",
      [`${prefix}/node`]: node,
    },
    annotations: counts(1),
  }, { integritylog: log });
}

/** The status of a node: Succeeded, and with `failed` Failed after that. */
export function oldNodeStatus(owner: OldOwner, node: string, failed = false): Any {
  const { name, namespace } = owner;
  const results = [
    { condition: "Succeeded", lastProbeTime: "2025-11-01T12:00:00Z" },
    ...failed
      ? [{
        ...{ condition: "Failed", filesChanged: 1, lastProbeTime: "2025-11-01T12:15:00Z" },
        resultConfigMapName: `${daemonSetName(name)}-${node}-failed`,
        resultConfigMapNamespace: namespace,
      }]
      : [],
  ];
  return {
    ...{ apiVersion: group, kind: "FileIntegrityNodeStatus" },
    metadata: {
      ...{ name: `${name}-${node}`, namespace, labels: { [`${prefix}/owner`]: name } },
      ownerReferences: controlled(owner),
    },
    nodeName: node,
    results,
    lastResult: results.at(-1),
  };
}

/** The Lease, held by a pod of the operator since this moment. */
export function oldLease(namespace: string, leaseDurationSeconds = 15): Any {
  const now = new Date().toISOString().replace("Z", "000Z");
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "962a0cf2.openshift.io", namespace },
    spec: {
      holderIdentity:
        "file-integrity-operator-6f8c9d7b5-x2v4k_0b7a4c1e-2f0b-4a52-9a43-0e5a1b0d7c11",
      ...{ leaseDurationSeconds, acquireTime: now, renewTime: now, leaseTransitions: 3 },
    },
  };
}

/** The operator, without pods; `containerName` is what nobody can tell from outside. */
export function oldDeployment(namespace: string, containerName = "file-integrity-operator"): Any {
  const labels = { name: "file-integrity-operator" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "file-integrity-operator", namespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "file-integrity-operator",
          nodeSelector: { "node-role.kubernetes.io/master": "" },
          tolerations: [
            { key: "node-role.kubernetes.io/master", operator: "Exists", effect: "NoSchedule" },
            ...["unreachable", "not-ready"].map((key) => ({
              ...{ key: `node.kubernetes.io/${key}`, operator: "Exists", effect: "NoExecute" },
              tolerationSeconds: 120,
            })),
          ],
          containers: [{
            ...{ name: containerName, image, imagePullPolicy: "Always" },
            ...{ command: ["file-integrity-operator"], args: ["operator"] },
            env: [
              {
                name: "WATCH_NAMESPACE",
                valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } },
              },
              { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
              { name: "OPERATOR_NAME", value: "file-integrity-operator" },
              { name: "RELATED_IMAGE_OPERATOR", value: image },
            ],
            resources: {
              requests: { memory: "10Mi", cpu: "10m" },
              limits: { memory: "200Mi", cpu: "100m" },
            },
            volumeMounts: [{
              ...{ name: "serving-cert", mountPath: "/var/run/secrets/serving-cert" },
              readOnly: true,
            }],
          }],
          volumes: [{
            name: "serving-cert",
            secret: { secretName: "file-integrity-operator-serving-cert", optional: true },
          }],
        },
      },
    },
  };
}

const all = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** Accounts and roles of the names that ours have as well, with more rights than ours, and the Service. */
export function oldAccess(namespace: string): Any[] {
  const role = (name: string, rules: Any[]): Any[] => [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" },
      ...{ metadata: { name, namespace }, rules },
    },
    {
      ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "RoleBinding" },
      metadata: { name, namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
  ];
  return [
    ...role("file-integrity-daemon", [
      { apiGroups: [""], resources: ["events", "configmaps"], verbs: ["create"] },
      {
        apiGroups: ["fileintegrity.openshift.io"],
        resources: ["fileintegrities"],
        verbs: ["get", "watch"],
      },
    ]),
    ...role("file-integrity-operator", [
      { apiGroups: [""], resources: ["secrets", "pods", "configmaps", "services"], verbs: all },
      { apiGroups: ["apps"], resources: ["daemonsets", "deployments"], verbs: all },
      { apiGroups: ["fileintegrity.openshift.io"], resources: ["*"], verbs: all },
    ]),
    {
      ...{ apiVersion: "v1", kind: "Service" },
      metadata: { name: "metrics", namespace, labels: { name: "file-integrity-operator" } },
      spec: {
        selector: { name: "file-integrity-operator" },
        ports: [{ name: "metrics", port: 8383 }, { name: "metrics-fio", port: 8585 }],
      },
    },
  ];
}

/** The host files of a node, by path below the host's root. */
export const oldHostFiles: Readonly<Record<string, string>> = {
  "/etc/kubernetes/aide.db.gz": "a database\n",
  "/etc/kubernetes/aide.db.gz.new": "a database\n",
  "/etc/kubernetes/aide.log": "a report\n",
  "/etc/kubernetes/aide.log.new": "a report\n",
  "/etc/kubernetes/aide.db.gz.backup-20251101T12_00_00": "an older database\n",
  "/etc/kubernetes/aide.log.backup-20251101T12_00_00": "an older report\n",
};
