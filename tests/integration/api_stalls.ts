/** Times in which the API server stood still, as its audit log shows, and what the product says of them. */

import type { AuditEntry } from "../cluster/audit_log.ts";

/** A line of a log. */
export interface Said {
  level: string;
  message: string;
  /** Milliseconds since 1970, or a text that tells it. */
  time: number | string;
}

/** Milliseconds since 1970. */
interface Stall {
  from: number;
  to: number;
}

// It answers a call within a second or two, and itself about something every 5 s.
const longestCall = 5_000;
const longestSilence = 6_000;

/** Milliseconds from the end of a stall until who waited for an answer may say so, where all of the machine stood still. */
const slack = 1_000;

/** When calls were not answered, and when nobody was. */
function stalls(entries: readonly AuditEntry[]): Stall[] {
  const end = Date.parse(entries.at(-1)?.stageTimestamp);
  const calls = new Map<string, Stall & { answered: boolean }>();
  for (const { auditID, stage, verb, requestReceivedTimestamp, stageTimestamp } of entries) {
    if (verb === "watch") continue;
    const answered = stage !== "RequestReceived";
    const to = answered ? Date.parse(stageTimestamp) : end;
    calls.set(auditID, { from: Date.parse(requestReceivedTimestamp), to, answered });
  }
  const answers = [...calls.values()].filter(({ answered }) => answered).map(({ to }) => to)
    .sort((a, b) => a - b);
  const silences = answers.map((to, at) => ({ from: answers[at - 1] ?? to, to }));
  return [
    ...[...calls.values()].filter(({ from, to }) => to - from > longestCall),
    ...silences.filter(({ from, to }) => to - from > longestSilence),
  ];
}

function entriesFrom(auditLog: string, from: number): AuditEntry[] {
  using file = Deno.openSync(auditLog);
  const bytes = new Uint8Array(file.statSync().size - from);
  file.seekSync(from, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += file.readSync(bytes.subarray(at)) ?? bytes.length;
  const complete = new TextDecoder().decode(bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1));
  return complete.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

const waitedInVain = (said: Said | undefined): boolean =>
  said !== undefined && /^warn/.test(said.level) &&
  said.message.includes(": no answer in the time that it was given");

/**
 * Lines of a log without the warnings that the API server did not answer in time, as far as its audit log from a byte on
 * shows that it stood still then: a busy machine brings that about. Where it answered, the product is at fault.
 */
export function withoutStalls<T>(
  lines: readonly T[],
  said: (line: T) => Said | undefined,
  { auditLog, from }: { auditLog: string; from: number },
): T[] {
  if (!lines.some((line) => waitedInVain(said(line)))) return [...lines];
  const found = stalls(entriesFrom(auditLog, from));
  return lines.filter((line) => {
    const at = new Date(said(line)?.time ?? 0).getTime();
    const stalled = found.some(({ from, to }) => from < at && at < to + slack);
    return !(stalled && waitedInVain(said(line)));
  });
}
