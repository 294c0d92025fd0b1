/** A pod's container, made as its spec and its image say. */
import { Container } from "./container.ts";
import type { ContainerLogs } from "./container_logs.ts";
import type { Container as ContainerSpec, Pod } from "./kinds.ts";
import { containerArguments, containerEnvironment, type PodNetwork } from "./pod_environment.ts";
import type { PodVolumes } from "./pod_volumes.ts";
import { hasReadOnlyRoot, privilegeArguments } from "./privileges.ts";
import type { ProgramImage } from "./program_image.ts";

/** What a container is made of. */
export interface ContainerParts {
  pod: Pod;
  spec: ContainerSpec;
  node: string;
  /** How many containers of the pod ran before this one. */
  restarts: number;
  image: ProgramImage;
  logs: ContainerLogs;
  volumes: PodVolumes;
  network: PodNetwork;
  /** The pod's own, on the machine. */
  directory: string;
}

/** Starts it; resolves when its program is about to run, rejects where it can't be made. */
export async function startContainer(parts: ContainerParts): Promise<Container> {
  const { pod, spec, node, restarts, image, logs, volumes, network, directory } = parts;
  const { name, namespace = "" } = pod.metadata;
  // Arguments may name any variable, but the image depends on them alone.
  const variables = containerEnvironment(pod, spec, {}, network);
  const args = containerArguments(spec, variables);
  const part = await image.part(args, pod);
  const environment = containerEnvironment(pod, spec, part.environment, network);
  const root = `${directory}/root`;
  await Deno.mkdir(root, { recursive: true });
  const log = await logs.open({ namespace, pod: name, node, restart: restarts });
  try {
    const container = await Container.start({
      root,
      hostname: pod.spec?.hostNetwork ? node : name,
      mounts: [...part.mounts, ...await volumes.mounts(spec, part.mounts)],
      links: part.links,
      readOnlyRoot: hasReadOnlyRoot(spec),
      setpriv: part.setpriv,
      privileges: privilegeArguments(pod, spec),
      workingDirectory: spec.workingDir ?? "/",
      environment,
      command: image.command(args, pod),
    }, (chunk) => log.write(chunk));
    void container.ended.finally(() => log.close());
    return container;
  } catch (error) {
    log.close();
    throw error;
  }
}
