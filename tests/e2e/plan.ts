/** What is prepared outside the enclosure, where there is a network, for the test inside it. */
import type { Programs } from "../cluster/programs.ts";
import type { NodePrograms } from "./node_programs.ts";

/** All that the test needs, as JSON in a file. */
export interface Plan {
  programs: Programs;
  node: NodePrograms;
  /** Archives of images. */
  archives: {
    pause: string;
    product: string;
    /** The product's image with other content. */
    upgraded: string;
  };
  /** `PATH` with the tools of the documentation: jq. */
  path: string;
  /** When the test gives up, in milliseconds since 1970. */
  deadline: number;
}
