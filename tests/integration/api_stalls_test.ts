import { assertEquals } from "@std/assert";
import { type Said, withoutStalls } from "./api_stalls.ts";

const zero = Date.parse("2026-11-25T21:00:00Z");
const time = (seconds: number): string => new Date(zero + seconds * 1000).toISOString();

interface Entry {
  stageTimestamp: string;
}

/** A call of somebody, as the audit log has it: answered after `seconds`, or never. */
function call(from: number, seconds?: number, verb = "patch"): Entry[] {
  const entry = { auditID: crypto.randomUUID(), verb, requestReceivedTimestamp: time(from) };
  const received = { ...entry, stage: "RequestReceived", stageTimestamp: time(from) };
  if (seconds === undefined) return [received];
  return [received, { ...entry, stage: "ResponseComplete", stageTimestamp: time(from + seconds) }];
}

const warned = (seconds: number, message = "no answer in the time that it was given"): Said => ({
  level: "warn",
  message: `The Lease could not be had or renewed: Cannot replace Lease a/b: ${message}`,
  time: time(seconds),
});

/** What is left of warnings, with this in the audit log. */
async function left(said: readonly Said[], ...calls: Entry[][]): Promise<Said[]> {
  const auditLog = await Deno.makeTempFile();
  try {
    const before = "an entry that is no concern of the test\n";
    const entries = calls.flat().sort((a, b) => a.stageTimestamp < b.stageTimestamp ? -1 : 1)
      .map((entry) => `${JSON.stringify(entry)}\n`).join("");
    await Deno.writeTextFile(auditLog, `${before}${entries}{"half":`);
    return withoutStalls(said, (line) => line, { auditLog, from: before.length });
  } finally {
    await Deno.remove(auditLog);
  }
}

/** What an API server does that is well: it answers, itself at least, every 5 s. */
const well = (from: number, to: number): Entry[] =>
  Array.from({ length: (to - from) / 5 + 1 }, (_, at) => call(from + 5 * at, 0.01, "get")).flat();

const watched = call(0, 60, "watch");

Deno.test("api stalls: where the API server answered, a warning that it did not is a fault", async () => {
  const said = [warned(12), warned(31.5)];
  assertEquals(await left(said, well(0, 60), watched, call(10, 2)), said);
});

Deno.test("api stalls: a warning in the middle of a call that took too long is none, one beside it is", async () => {
  const [before, during, after] = [warned(9), warned(16.7), warned(20)];
  const calls = [well(0, 60), watched, call(10, 6.8)];
  assertEquals(await left([before, during, after], ...calls), [before, after]);
});

Deno.test("api stalls: a call that is never answered is one that took too long", async () => {
  const said = [warned(9), warned(16.7)];
  assertEquals(await left(said, well(0, 60), call(10)), [warned(9)]);
});

Deno.test("api stalls: nor is a warning one while nobody was answered, or as soon as that is over", async () => {
  const said = [warned(8), warned(19), warned(30.5), warned(34)];
  assertEquals(await left(said, well(0, 10), watched, well(30, 60)), [warned(8), warned(34)]);
});

Deno.test("api stalls: any other warning stays, and any error", async () => {
  const said = [warned(12, "forbidden"), { ...warned(12), level: "error" }];
  assertEquals(await left(said, call(5, 20)), said);
});
