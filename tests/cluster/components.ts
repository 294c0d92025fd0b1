/** The programs of a control plane and the flags that they run with. */

/** The parts of a control plane, in the order in which they are started. */
export const componentNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
] as const;

/** A part of a control plane. */
export type ComponentName = typeof componentNames[number];

/** The ports of 127.0.0.1 that a cluster has. */
export interface ClusterPorts {
  etcd: number;
  etcdPeer: number;
  apiServer: number;
  controllerManager: number;
  scheduler: number;
}

/** The names of the ports. */
export const portNames = [
  "etcd",
  "etcdPeer",
  "apiServer",
  "controllerManager",
  "scheduler",
] as const satisfies readonly (keyof ClusterPorts)[];

/** Where a cluster has its Services, and how its API server calls kubelets. */
export interface ClusterNetwork {
  serviceRange: string;
  /** The address of the API server's Service: the first one of the range. */
  serviceAddress: string;
  /** Kinds of addresses of Nodes, in the order in which they are tried. */
  kubeletAddresses: string;
}

/** The network of a cluster without nodes, on the machine's own loopback. */
export const loopbackNetwork: ClusterNetwork = {
  // Inside 127/8: another range has no route, and a program that dials the API server's service address would send
  // its traffic out of the machine.
  serviceRange: "127.96.0.0/24",
  serviceAddress: "127.96.0.1",
  kubeletAddresses: "Hostname,InternalIP",
};

/** What is written to the audit log: who asked for what, and how it ended, of every call. */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
rules:
  - level: Metadata
`;

const flags = (values: Record<string, string | number | boolean>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

/** Where the API server is. */
export function serverUrl(ports: ClusterPorts): string {
  return `https://127.0.0.1:${ports.apiServer}`;
}

function etcd(state: string, ports: ClusterPorts): string[] {
  const [client, peer] = [ports.etcd, ports.etcdPeer].map((port) => `http://127.0.0.1:${port}`);
  return flags({
    "name": "test",
    "data-dir": `${state}/etcd`,
    "unsafe-no-fsync": true, // nothing here is to outlive the machine
    "listen-client-urls": client ?? "",
    "advertise-client-urls": client ?? "",
    "listen-peer-urls": peer ?? "",
    "initial-advertise-peer-urls": peer ?? "",
    "initial-cluster": `test=${peer}`,
    "log-level": "warn",
  });
}

function apiServer(state: string, ports: ClusterPorts, network: ClusterNetwork): string[] {
  const pki = `${state}/pki`;
  return flags({
    "etcd-servers": `http://127.0.0.1:${ports.etcd}`,
    "bind-address": "127.0.0.1",
    "advertise-address": "127.0.0.1",
    "secure-port": ports.apiServer,
    "endpoint-reconciler-type": "none",
    "tls-cert-file": `${pki}/apiserver.crt`,
    "tls-private-key-file": `${pki}/apiserver.key`,
    "client-ca-file": `${pki}/ca.crt`,
    "authorization-mode": "Node,RBAC",
    // The second one is on in OpenShift: who sets an owner that blocks deletion must be allowed its finalizers.
    "enable-admission-plugins": "NodeRestriction,OwnerReferencesPermissionEnforcement",
    "enable-bootstrap-token-auth": true,
    "allow-privileged": true,
    "service-cluster-ip-range": network.serviceRange,
    "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
    "service-account-key-file": `${pki}/sa.pub`,
    "service-account-signing-key-file": `${pki}/sa.key`,
    "kubelet-client-certificate": `${pki}/apiserver-kubelet.crt`,
    "kubelet-client-key": `${pki}/apiserver-kubelet.key`,
    "kubelet-certificate-authority": `${pki}/ca.crt`,
    "kubelet-preferred-address-types": network.kubeletAddresses,
    "audit-policy-file": `${state}/audit-policy.yaml`,
    "audit-log-path": `${state}/log/audit.log`,
    "audit-log-mode": "blocking", // what a call left is there when it is answered
    "audit-log-maxsize": 2000, // in MB, before a second file is begun
  });
}

function controllerManager(state: string, ports: ClusterPorts): string[] {
  const pki = `${state}/pki`;
  const kubeconfig = `${pki}/controller-manager.kubeconfig`;
  return flags({
    "kubeconfig": kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    "bind-address": "127.0.0.1",
    "secure-port": ports.controllerManager,
    "tls-cert-file": `${pki}/controller-manager-serving.crt`,
    "tls-private-key-file": `${pki}/controller-manager-serving.key`,
    "leader-elect": false,
    "controllers": "*",
    "node-monitor-grace-period": "24h", // nodes without a kubelet stay as a test made them
    "use-service-account-credentials": true,
    "root-ca-file": `${pki}/ca.crt`,
    "service-account-private-key-file": `${pki}/sa.key`,
    "cluster-signing-cert-file": `${pki}/ca.crt`,
    "cluster-signing-key-file": `${pki}/ca.key`,
  });
}

function scheduler(state: string, ports: ClusterPorts): string[] {
  const pki = `${state}/pki`;
  const kubeconfig = `${pki}/scheduler.kubeconfig`;
  return flags({
    "kubeconfig": kubeconfig,
    "authentication-kubeconfig": kubeconfig,
    "authorization-kubeconfig": kubeconfig,
    "bind-address": "127.0.0.1",
    "secure-port": ports.scheduler,
    "tls-cert-file": `${pki}/scheduler-serving.crt`,
    "tls-private-key-file": `${pki}/scheduler-serving.key`,
    "leader-elect": false,
  });
}

/** The arguments of a component whose cluster keeps its files below `state`. */
export function componentArguments(
  name: ComponentName,
  state: string,
  ports: ClusterPorts,
  network: ClusterNetwork = loopbackNetwork,
): string[] {
  const make = {
    "etcd": etcd,
    "kube-apiserver": apiServer,
    "kube-controller-manager": controllerManager,
    "kube-scheduler": scheduler,
  };
  return make[name](state, ports, network);
}
