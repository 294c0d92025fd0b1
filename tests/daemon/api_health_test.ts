import { assertEquals } from "@std/assert";
import { ApiHealth } from "../../src/daemon/api_health.ts";
import { KubeError, type KubeErrorKind } from "../../src/kube/kube_error.ts";
import { CollectedLog } from "./collected_log.ts";

const error = (kind: KubeErrorKind): KubeError => new KubeError(kind, `It is ${kind}`);

/** What is told above the level of details. */
const told = ({ lines }: CollectedLog): string[] =>
  lines.filter(({ level }) => level !== "debug").map(({ level, message }) => `${level} ${message}`);

Deno.test("an outage is told once, and once its end, however many calls fail in it", async () => {
  const log = await CollectedLog.make();
  const health = new ApiHealth(log.logger);
  for (const kind of ["network", "deadline", "unavailable", "network"] as const) {
    health.failed("read", error(kind));
    health.failed("write", error(kind));
  }
  health.worked("read");
  assertEquals(told(log).length, 1); // writing still fails
  health.worked("write");
  health.worked("write");
  assertEquals(told(log), [
    "warning It is network; tried again until it works",
    "info API server is back",
  ]);
  health.failed("write", error("network"));
  assertEquals(told(log).length, 3);
});

Deno.test("what only a person can mend is told in the middle of an outage too", async () => {
  const log = await CollectedLog.make();
  const health = new ApiHealth(log.logger);
  health.failed("read", error("network"));
  health.failed("write", error("forbidden"));
  health.failed("write", error("forbidden"));
  health.failed("read", error("unavailable"));
  assertEquals(told(log), [
    "warning It is network; tried again until it works",
    "warning It is forbidden; tried again until it works",
  ]);
});

Deno.test("who waits to write hears that reading works again, and only then", async () => {
  const log = await CollectedLog.make();
  const health = new ApiHealth(log.logger);
  const { signal } = new AbortController();
  let heard = 0;
  const listen = (): void => void health.back.heard(signal).then(() => heard++);
  const call = {
    resource: "fileintegritynodestatuses",
    code: 200,
    milliseconds: 1,
    attempts: 1,
  };
  listen();
  health.report({ ...call, verb: "list", outcome: "ok" });
  await Promise.resolve();
  assertEquals(heard, 0); // nothing had failed
  health.failed("read", error("network"));
  health.report({ ...call, verb: "watch", outcome: "network" });
  health.report({ ...call, verb: "patch", outcome: "ok" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(heard, 0);
  health.report({ ...call, verb: "watch", outcome: "ok" });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(heard, 1);
});
