import type { Container, Pod } from "./kinds.ts";

/** That a pod asks for something that the test's kubelet can't do, so that its test proves nothing. */
export class NotSupported extends Error {
  override name = "NotSupported";
}

/** The pod's one container; throws `NotSupported` where the pod is not so simple. */
export function onlyContainer({ metadata, spec }: Pod): Container {
  const [container, ...others] = spec?.containers ?? [];
  const refuse = (why: string): Error =>
    new NotSupported(`Cannot run the pod ${metadata.namespace}/${metadata.name}: ${why}`);
  if ((spec?.initContainers ?? []).length > 0) {
    throw refuse("the test's kubelet runs no initContainers");
  }
  if (container === undefined || others.length > 0) {
    throw refuse("the test's kubelet runs pods of one container");
  }
  if (container.lifecycle !== undefined || container.envFrom !== undefined) {
    throw refuse("the test's kubelet knows neither lifecycle hooks nor envFrom");
  }
  return container;
}
