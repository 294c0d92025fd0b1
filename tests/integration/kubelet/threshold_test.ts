import { assertEquals } from "@std/assert";
import { Threshold } from "../../kubelet/threshold.ts";

Deno.test("only so many of the same outcome in a row count", () => {
  const threshold = new Threshold({ successes: 2, failures: 3 });
  // A letter for each success and failure, in capitals where it is to count.
  const wanted = "ffFFsffsSSfsSffFFsS";
  const counted = [...wanted.toLowerCase()].map((outcome) =>
    threshold.count(outcome === "s") ? outcome.toUpperCase() : outcome
  );
  assertEquals(counted.join(""), wanted);
});
