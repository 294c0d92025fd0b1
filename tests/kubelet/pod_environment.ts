/** What a pod's spec says of its own container's surroundings: variables, arguments, fields of the downward API. */
import type { Container, Pod } from "./kinds.ts";
import { NotSupported } from "./not_supported.ts";

/** Where the pod's programs find the API server. */
export interface ServerAddress {
  host: string;
  port: number;
}

/** Where every fake node is. */
export const hostAddress = "127.0.0.1";

/** A field of the pod that a container may be told of; throws for one that the test's kubelet does not know. */
export function podField(pod: Pod, path: string): string {
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
    "status.podIP": hostAddress,
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

/** The container's variables: those of the image, of the API server's address, then of the spec. */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  image: Readonly<Record<string, string>>,
  server: ServerAddress,
): Record<string, string> {
  const variables: Record<string, string> = {
    ...image,
    HOSTNAME: pod.metadata.name,
    KUBERNETES_SERVICE_HOST: server.host,
    KUBERNETES_SERVICE_PORT: String(server.port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(server.port),
  };
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom === undefined) variables[name] = expanded(value ?? "", variables);
    else if (valueFrom.fieldRef !== undefined) {
      variables[name] = podField(pod, valueFrom.fieldRef.fieldPath);
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
