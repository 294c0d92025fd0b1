/** When a container counts as ready. */
import type { Container as ContainerSpec } from "./kinds.ts";
import type { Container } from "./container.ts";

/**
 * Resolves when the container is ready. It is once its program runs: the place to ask its readinessProbe and
 * livenessProbe from, for a product that has them.
 */
export function untilReady(_spec: ContainerSpec, _container: Container): Promise<void> {
  return Promise.resolve();
}
