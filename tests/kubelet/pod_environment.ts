/** What a pod's spec says of its own container's surroundings: variables, arguments, fields of the downward API. */
import type { Container, Pod } from "./kinds.ts";
import { NotSupported } from "./not_supported.ts";

/** Where the pod's programs find the API server. */
export interface ServerAddress {
  host: string;
  port: number;
}

/** Where a pod is, and what it is told of the network. */
export interface PodNetwork {
  /** The pod's own; the node's where it shares that one's network. */
  address: string;
  server: ServerAddress;
}

/** Where every fake node is. */
export const hostAddress = "127.0.0.1";

/**
 * A field of the pod that a container may be told of; throws for one that the test's kubelet does not know. The pod's
 * address is no field for a volume.
 */
export function podField(pod: Pod, path: string, address?: string): string {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed !== null) {
    return metadata[keyed[1] as "labels" | "annotations"]?.[keyed[2] ?? ""] ?? "";
  }
  const fields: Record<string, string | undefined> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "spec.nodeName": spec?.nodeName,
    "spec.serviceAccountName": spec?.serviceAccountName,
    "status.hostIP": hostAddress,
    "status.hostIPs": hostAddress,
    "status.podIP": address,
    "status.podIPs": address,
  };
  const value = fields[path];
  if (value === undefined) {
    throw new NotSupported(`Cannot give a container the pod's field ${path}`);
  }
  return value;
}

// As Kubernetes has it: "$$(NAME)" is "$(NAME)", and a name that is not there stays as it is written.
function expanded(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$\$|\$\(([^)]+)\)/g,
    (found, name: string | undefined) => name === undefined ? "$" : variables[name] ?? found,
  );
}

/**
 * Pods of this kubelet share the machine's network, in which each has no more than an address. What a container runtime
 * brings about by a network of the pod's own, that programs of several pods listen on the same ports, comes from this
 * variable: it names the one address that the pod's programs are to listen on. A pod in its node's network has none.
 */
function ownAddress(address: string): Record<string, string> {
  return address === hostAddress ? {} : { BIND_ADDRESS: address };
}

/** The container's variables: those of the image, of the network, then of the spec. */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  image: Readonly<Record<string, string>>,
  { address, server }: PodNetwork,
): Record<string, string> {
  const variables: Record<string, string> = {
    ...image,
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: server.host,
    KUBERNETES_SERVICE_PORT: String(server.port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(server.port),
    ...ownAddress(address),
  };
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) variables[name] = expanded(value ?? "", variables);
    else if (valueFrom.fieldRef !== undefined) {
      variables[name] = podField(pod, valueFrom.fieldRef.fieldPath, address);
    } else throw new NotSupported(`Cannot set ${name}: only values and fieldRefs are known`);
  }
  return variables;
}

/** What the program is called with. The image's entry point, or the spec's command in its place, is the program itself. */
export function containerArguments(
  { command = [], args = [] }: Container,
  variables: Readonly<Record<string, string>>,
): string[] {
  return [...command.slice(1), ...args].map((text) => expanded(text, variables));
}
