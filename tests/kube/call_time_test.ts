import { assertEquals } from "@std/assert";
import { CallTime } from "../../src/kube/call_time.ts";
import { SimulatedClock } from "./simulated_clock.ts";

Deno.test("a call ends when its time is up, and not before", async () => {
  const clock = new SimulatedClock();
  using time = new CallTime(clock, 1000, []);
  await clock.advance(999);
  assertEquals([time.signal.aborted, time.isUp, time.left], [false, false, 1]);
  await clock.advance(1);
  assertEquals([time.signal.aborted, time.isUp, time.left], [true, true, 0]);
});

Deno.test("a call may be given another time", async () => {
  const clock = new SimulatedClock();
  using time = new CallTime(clock, 1000, []);
  await clock.advance(500);
  time.limit(2000);
  await clock.advance(1999);
  assertEquals(time.signal.aborted, false);
  await clock.advance(1);
  assertEquals(time.isUp, true);
});

Deno.test("a call ends with the reason of the signal that ended it", async () => {
  const clock = new SimulatedClock();
  const [first, second] = [new AbortController(), new AbortController()];
  using time = new CallTime(clock, 1000, [first.signal, undefined, second.signal]);
  const pause = time.pause(500);
  second.abort("second");
  await pause;
  first.abort("first");
  await clock.advance(2000);
  assertEquals([time.signal.reason, time.isUp], ["second", false]);
  using late = new CallTime(clock, 1000, [first.signal]);
  assertEquals(late.signal.reason, "first");
});

Deno.test("a call that is over waits for nothing and listens to nobody", async () => {
  const clock = new SimulatedClock();
  const source = new AbortController();
  const time = new CallTime(clock, 1000, [source.signal]);
  time[Symbol.dispose]();
  await clock.advance(0);
  assertEquals(clock.sleepers, 0);
  source.abort("late");
  await clock.advance(2000);
  assertEquals([time.signal.aborted, time.isUp], [false, false]);
});
