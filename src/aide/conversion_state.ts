/** What a conversion knows at a line, from the lines before it and from a first look at the whole text. */

import type { Activity } from "./condition.ts";
import type { Groups } from "./groups.ts";
import type { Macros } from "./macros.ts";

/** State of a conversion; converting a line changes it. */
export interface ConversionState {
  macros: Macros;
  groups: Groups;
  /** Whether the line is in effect. */
  activity: Activity;
  /** Whether a condition stands around the line. */
  nested: boolean;
  /** Names in `ourLines` that already stand, outside of conditions. */
  ours: Set<string>;
  /** Line that becomes the operator's `report_url`: the first with a file, otherwise the first. */
  reportLine: number | undefined;
  /** Names that a rule or a group uses as a group. */
  used: ReadonlySet<string>;
  /** Whether a rule selects anything. */
  selects: boolean;
}
