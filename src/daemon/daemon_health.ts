/** What the daemon's probes say, as functions of figures. */

import type { NodeActivity } from "../node/run_node.ts";
import { timestamp } from "../base/timestamp.ts";
import type { Check } from "../system/probe_server.ts";

/** How a daemon stands; times in milliseconds of the monotonic clock, unless they say otherwise. */
export interface DaemonFigures {
  now: number;
  /** The same moment in milliseconds since 1970. */
  time: number;
  /** What it turned to last, and when; undefined while it waits for what it needs to begin. */
  activity: { what: NodeActivity; since: number } | undefined;
  /** The run of AIDE that is under way, and the milliseconds after which it is ended. */
  aide: { since: number; timeout: number } | undefined;
  /** When a run of AIDE ended last. */
  aideEnded: number | undefined;
  /** What is wrong with what it needs; undefined where nothing is. */
  problems: {
    config: string | undefined;
    aide: string | undefined;
    state: string | undefined;
  };
}

const minute = 60_000;

/** A timer on a busy machine is late, but not by so much. */
const timersLate = 5 * minute;

/** AIDE that is killed may take its time, in a read of a disk that does not answer. */
const killsLate = 15 * minute;

/** Between two runs of AIDE the database is held against its record, and logs are copied: gigabytes, on a slow disk. */
const betweenRuns = 60 * minute;

/** Every call has a deadline, and the first that fails ends it: two logs of 64 parts, each at the last moment. */
const publishing = 60 * minute;

function activityProblem(figures: DaemonFigures): string | undefined {
  const { now, time, activity, aide, aideEnded = -Infinity } = figures;
  if (activity === undefined) return undefined;
  const since = (moment: number): string => `since ${timestamp(time - (now - moment))}`;
  const { what } = activity;
  switch (what.kind) {
    case "waiting":
      return what.until !== undefined && now > what.until + timersLate
        ? `its next turn is due ${since(what.until)}`
        : undefined;
    case "publishing":
      return now > activity.since + publishing
        ? `it has been publishing a result ${since(activity.since)}`
        : undefined;
    case "working": {
      if (aide !== undefined) {
        return now > aide.since + aide.timeout + killsLate
          ? `AIDE runs ${since(aide.since)}, and was to be ended`
          : undefined;
      }
      const moved = Math.max(activity.since, aideEnded);
      return now > moved + betweenRuns ? `a scan has not come on ${since(moved)}` : undefined;
    }
  }
}

/**
 * Whether the daemon does not need to be started anew. A scan may take hours, and nothing is wrong with one that waits
 * for an API server, for its orders or for its configuration.
 */
export function daemonAlive(figures: DaemonFigures): Check[] {
  return [{ name: "scans", problem: activityProblem(figures) }];
}

/** Whether the daemon has what it needs on its node. Whether the API server answers is no part of it. */
export function daemonReady({ problems: { config, aide, state } }: DaemonFigures): Check[] {
  return [
    { name: "configuration", problem: config },
    { name: "aide", problem: aide },
    { name: "state", problem: state },
  ];
}
