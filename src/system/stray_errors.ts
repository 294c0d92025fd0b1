import { exitStatus } from "./exit_status.ts";
import { writeError } from "./output.ts";

/**
 * Ends the process as `Errored` on an error that nothing caught. Without this Deno ends with 1, which says that files
 * have changed.
 */
export function endOnStrayErrors(): void {
  const end = (event: Event, error: unknown): void => {
    event.preventDefault();
    const said = error instanceof Error ? error.stack ?? error.message : String(error);
    void writeError(`Internal error: ${said}`).finally(() => Deno.exit(exitStatus.errored));
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
