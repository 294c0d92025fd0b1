/** The way through the documentation, from an empty cluster to an empty cluster. */
import { manifestNamespace } from "../../cluster/manifests.ts";
import { confinement } from "./confinement.ts";
import { failure, firstResult, largeLog } from "./documentation.ts";
import { beginEverything, wholeScan } from "./everything.ts";
import { install } from "./install.ts";
import { noErrors } from "./no_errors.ts";
import { operatorKilled } from "./operator_killed.ts";
import { restartNode } from "./restart_node.ts";
import { uninstall } from "./uninstall.ts";
import { upgrade } from "./upgrade.ts";
import type { Walk } from "./walk.ts";

/** One of the things that are tested. */
export interface Step {
  /** A claim that holds where the step passes. */
  name: string;
  /** Throws where it does not hold. */
  run: (walk: Walk) => Promise<void>;
}

/** What is tested, in this order: each step goes on where the one before it ended. */
export const steps: readonly Step[] = [
  { name: "kubectl apply -k installs the product", run: install },
  { name: "a FileIntegrity for all of this machine is accepted", run: beginEverything },
  { name: "the documentation's FileIntegrity gives a first result", run: firstResult },
  { name: "the pods may read this machine, and nothing else", run: confinement },
  { name: "a changed file is found, and explained as documented", run: failure },
  { name: "a log of more than 1 MB is read as documented", run: largeLog },
  { name: "a new database is taken although the operator is killed", run: operatorKilled },
  { name: "all of this machine is scanned", run: wholeScan },
  { name: "a power cut of the node changes nothing", run: restartNode },
  { name: "another image takes over where the one before it was", run: upgrade },
  { name: `no pod of ${manifestNamespace} has told of an error`, run: noErrors },
  { name: "everything is deleted, and nothing stays on the node but its state", run: uninstall },
];
