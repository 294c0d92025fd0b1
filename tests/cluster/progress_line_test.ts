import { assertEquals } from "@std/assert";
import { ProgressLine } from "./progress_line.ts";

Deno.test("progress on a terminal is one line that is written over, and left before others", () => {
  const written: string[] = [];
  const progress = new ProgressLine(true, (text) => written.push(text.trimEnd()), () => 0);
  progress.update("1 of 3");
  progress.update("2 of 3");
  progress.say("done");
  progress.end();
  assertEquals(written, ["\r1 of 3", "\r2 of 3", "", "done"]);
});

Deno.test("progress in a log is a line every 15 seconds", () => {
  const written: string[] = [];
  let now = 0;
  const progress = new ProgressLine(false, (text) => written.push(text), () => now);
  for (now = 0; now <= 31_000; now += 1000) progress.update(`second ${now / 1000}`);
  progress.say("done");
  progress.end();
  assertEquals(written, ["second 0\n", "second 15\n", "second 30\n", "done\n"]);
});
