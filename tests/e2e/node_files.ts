/** The configuration of a node: of containerd, its network plugins and the kubelet. */
import { signCertificate, writeKubeconfig } from "../cluster/certificates.ts";
import { cgroupName, imageNames, nodeName, place } from "./e2e_place.ts";
import { network } from "./node_network.ts";
import type { NodePrograms } from "./node_programs.ts";

/** Files and directories of the node. */
export const nodeFiles = {
  containerdConfig: `${place.node}/containerd.toml`,
  /** Out of /run, which is the node's own. */
  socket: `${place.node}/containerd.sock`,
  networks: `${place.node}/cni`,
  kubeletConfig: `${place.node}/kubelet.yaml`,
  kubeconfig: `${place.node}/kubelet.kubeconfig`,
  kubelet: `${place.node}/kubelet`,
  /** The node's /var/log. */
  logs: `${place.node}/log`,
  shadows: `${place.node}/shadow`,
  boot: `${place.node}/boot.sh`,
} as const;

function containerdConfig({ runc, cni }: NodePrograms): string {
  return `version = 2
root = "${place.node}/containerd"
state = "/run/containerd"
[grpc]
  address = "${nodeFiles.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${imageNames.pause}"
  # Where root is not all-powerful, runc can't lower a process's score: containerd asks for no less than it can have.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "${runc}"
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cni}"
    conf_dir = "${nodeFiles.networks}"
`;
}

const podNetwork = {
  cniVersion: "1.0.0",
  name: "e2e",
  plugins: [{
    type: "ptp",
    ipMasq: false, // there is nobody outside
    ipam: {
      type: "host-local",
      dataDir: "/run/cni-addresses",
      ranges: [[{ subnet: network.pods }]],
      routes: [{ dst: "0.0.0.0/0" }],
    },
  }],
};

function kubeletConfig(pki: string): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: ${network.node}
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: true }
  x509: { clientCAFile: ${pki}/ca.crt }
authorization: { mode: Webhook }
tlsCertFile: ${pki}/kubelet-serving.crt
tlsPrivateKeyFile: ${pki}/kubelet-serving.key
containerRuntimeEndpoint: unix://${nodeFiles.socket}
cgroupDriver: cgroupfs
cgroupRoot: /${cgroupName}
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
podLogsDir: /var/log/pods
# The machine's disk may be as full as it is, and an image that is removed can't be pulled again.
imageGCHighThresholdPercent: 100
evictionHard: { memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%" }
`;
}

// A kubelet sets these for the whole machine: it is shown that they are set.
const sysctls = { "vm/overcommit_memory": 1, "kernel/panic": 10, "kernel/panic_on_oops": 1 };

const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");

/** What a node does from its start on, as the first process of namespaces of its own. */
function bootScript(programs: NodePrograms): string {
  const shadows = Object.entries(sysctls).map(([name, value]) => {
    const file = `${nodeFiles.shadows}/${name.replaceAll("/", ".")}`;
    return `echo ${value} > ${file} && mount --bind ${file} /proc/sys/${name}`;
  });
  const kubelet = [
    ...programs.kubelet,
    ...["--config", nodeFiles.kubeletConfig, "--kubeconfig", nodeFiles.kubeconfig],
    ...["--root-dir", nodeFiles.kubelet, "--hostname-override", nodeName],
    ...["--node-ip", network.node],
  ];
  return `set -e
mount --make-rshared /
# What programs of a node write to places that can't be configured is the node's own, and gone with it.
mount -t tmpfs -o mode=755 tmpfs /run
mount --bind ${nodeFiles.logs} /var/log
${shadows.join("\n")}
PATH=${programs.shims}:$PATH
rm -f ${nodeFiles.socket}
${
    quoted([programs.containerd, "--config", nodeFiles.containerdConfig])
  } >> ${nodeFiles.logs}/containerd.log 2>&1 &
containerd=$!
until ${quoted([programs.ctr, "--address", nodeFiles.socket, "version"])} > /dev/null 2>&1; do
  kill -0 $containerd || exit 1
  sleep 0.1
done
${quoted(kubelet)} >> ${nodeFiles.logs}/kubelet.log 2>&1 &
kubelet=$!
while kill -0 $containerd && kill -0 $kubelet; do sleep 1; done
exit 1
`;
}

/** Writes all files of the node of a cluster in `cluster` that serves at `server`. */
export async function writeNodeFiles(
  programs: NodePrograms,
  { pki, server }: { pki: string; server: string },
): Promise<void> {
  const { networks, kubelet, logs, shadows } = nodeFiles;
  for (const path of [networks, kubelet, logs, shadows]) {
    await Deno.mkdir(path, { recursive: true });
  }
  const subject = `/O=system:nodes/CN=system:node:${nodeName}`;
  await signCertificate(pki, { name: "kubelet", subject, usage: "clientAuth" });
  await signCertificate(pki, {
    name: "kubelet-serving",
    subject,
    usage: "serverAuth",
    addresses: `DNS:${nodeName},IP:${network.node}`,
  });
  await writeKubeconfig(nodeFiles.kubeconfig, { pki, client: "kubelet", server });
  await Deno.writeTextFile(nodeFiles.containerdConfig, containerdConfig(programs));
  await Deno.writeTextFile(`${networks}/10-e2e.conflist`, JSON.stringify(podNetwork));
  await Deno.writeTextFile(nodeFiles.kubeletConfig, kubeletConfig(pki));
  await Deno.writeTextFile(nodeFiles.boot, bootScript(programs));
}
