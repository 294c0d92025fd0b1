import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Takes what nothing refers to any more, as happens sooner or later in a process that lives for long. */
export function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
