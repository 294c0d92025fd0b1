/** What the operator's probes say, as functions of figures. */

import type { InformerPhase } from "../kube/informer_options.ts";
import type { ElectionPhase } from "../kube/leader_election.ts";
import type { Check } from "../system/probe_server.ts";
import { timestamp } from "../base/timestamp.ts";

/** How a cache stands; times in milliseconds of the monotonic clock. */
export interface CacheFigures {
  /** What is kept in it, in the plural. */
  what: string;
  phase: InformerPhase;
  /** When the list was asked for that it agreed with last; undefined before the first. */
  syncedAt: number | undefined;
  /** Since when something is wrong; undefined while all is well. */
  failingSince: number | undefined;
}

/** How an operator stands; times in milliseconds of the monotonic clock, unless they say otherwise. */
export interface OperatorFigures {
  now: number;
  /** The same moment in milliseconds since 1970. */
  time: number;
  /** When the process began to look for the Lease. */
  started: number;
  election: {
    phase: ElectionPhase;
    /** Undefined before the Lease was seen. */
    holder: string | undefined;
    lastAttempt: number | undefined;
    lastAnswer: number | undefined;
  };
  /** Of the work of a leader; undefined before it began. */
  work?: {
    /** Milliseconds for which the longest look at a FileIntegrity has been under way; 0 where none is. */
    longestRunning: number;
    caches: readonly CacheFigures[];
  };
}

/**
 * Attempts come every 2 to 10 s, half a minute apart where the API server refuses them, and each gives up after 10 s. An
 * election that makes none has come to a stop; so has one whose leader has lost the Lease and does not end.
 */
const electionSilent = 180_000;

/**
 * Calls have deadlines, and a look ends with the first one that fails: without an API server after a minute at the
 * latest. With thousands of nodes and a slow one it may take some minutes.
 */
const lookStuck = 900_000;

/** What may last so long is no more than a hiccup. */
const patience = 60_000;

/** The list is compared with the cache every 10 minutes or so. */
const listOverdue = 1_800_000;

const seconds = (milliseconds: number): string =>
  `${Math.round(milliseconds / 1_000).toLocaleString("en-US")} s`;

function since({ now, time }: OperatorFigures, moment: number): string {
  return `since ${timestamp(time - (now - moment))}`;
}

/** Whether the operator does not need to be started anew. What the API server does or does not do is no part of it. */
export function operatorAlive(figures: OperatorFigures): Check[] {
  const { now, started, election, work } = figures;
  const attempt = election.lastAttempt ?? started;
  const longest = work?.longestRunning ?? 0;
  return [
    {
      name: "election",
      problem: now - attempt > electionSilent
        ? `no attempt to get or to keep the Lease ${since(figures, attempt)}`
        : undefined,
    },
    {
      name: "reconciler",
      problem: longest > lookStuck
        ? `it has been looking at one FileIntegrity for ${seconds(longest)}`
        : undefined,
    },
  ];
}

function leaseProblem(figures: OperatorFigures): string | undefined {
  const { now, election: { holder, lastAnswer } } = figures;
  if (holder === undefined || lastAnswer === undefined) {
    return "it was not seen yet: the API server has not answered";
  }
  return now - lastAnswer > patience
    ? `the API server has not told how it stands ${since(figures, lastAnswer)}`
    : undefined;
}

function cacheProblem(figures: OperatorFigures, cache: CacheFigures): string | undefined {
  const { what, phase, syncedAt, failingSince } = cache;
  if (phase === "ended") return `${what} are not followed any more`;
  if (syncedAt === undefined) return `${what} are not known yet`;
  if (failingSince !== undefined && figures.now - failingSince > patience) {
    return `watch of ${what} is behind ${since(figures, failingSince)}`;
  }
  return figures.now - syncedAt > listOverdue
    ? `${what} were not compared with a list ${since(figures, syncedAt)}`
    : undefined;
}

/** Whether the operator is of use: as a leader, that it sees what there is to do; else, that it could take over. */
export function operatorReady(figures: OperatorFigures): Check[] {
  const { election, work } = figures;
  const lease: Check = { name: "lease", problem: leaseProblem(figures) };
  if (election.phase !== "leading") return [lease];
  const problems = work === undefined
    ? ["nothing is followed yet"]
    : work.caches.flatMap((cache) => cacheProblem(figures, cache) ?? []);
  return [lease, { name: "caches", problem: problems.join("; ") || undefined }];
}
