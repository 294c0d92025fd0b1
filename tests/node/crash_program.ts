/** Makes one turn of a `TestHost` and dies at a step of it; run by crash_test.ts, which says where. */

import { aideProgram } from "../../src/node/aide_process.ts";
import type { AideBinary } from "../aide_binaries.ts";
import { KillingSteps } from "./killing_disk.ts";
import { TestHost } from "./test_host.ts";

/** What crash_program.ts is told, as JSON in its only argument. */
export interface CrashOrder {
  aide: AideBinary;
  directory: string;
  fatal: number;
  torn: boolean;
  reInit: boolean;
}

if (import.meta.main) {
  const order: CrashOrder = JSON.parse(Deno.args[0] ?? "");
  const steps = new KillingSteps(order.fatal, order.torn);
  await TestHost.at(order.aide, order.directory).turn({
    disk: steps.disk(),
    aide: steps.aide(aideProgram({ path: order.aide.path, idle: [] })),
    reInit: order.reInit,
  });
}
