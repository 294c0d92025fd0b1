import { assert, assertEquals, assertMatch } from "@std/assert";
import { digestText } from "../../src/base/digest.ts";
import type { ObservedChild } from "../../src/plan/observed.ts";
import { active, three } from "./active_cluster.ts";
import { defaultConfig } from "./model_cluster.ts";

Deno.test("plan: a configuration that is not to be had leaves the old one active, and says why", () => {
  const cluster = active();
  const { daemonSet, configMap } = structuredClone(cluster);
  const states = {
    "not-found": "ConfigNotFound",
    "key-not-found": "ConfigKeyNotFound",
    "forbidden": "ConfigForbidden",
    "refused": "ConfigRefused",
  } as const;
  for (const [state, reason] of Object.entries(states)) {
    cluster.config = { state: state as keyof typeof states, message: `why ${state}` };
    cluster.settle();
    assertEquals(cluster.daemonSet, daemonSet);
    assertEquals(cluster.configMap, configMap);
    assertEquals(cluster.condition("ConfigAccepted")?.reason, reason);
    const message = `why ${state}. The default policy is run meanwhile`;
    assertEquals(cluster.condition("ConfigAccepted")?.message, message);
    assertEquals(cluster.fileIntegrity.status?.phase, state === "refused" ? "Error" : "Active");
    if (state === "refused") assertEquals(cluster.condition("Ready")?.message, message);
    assertEquals(cluster.messages("Configuration").at(-1), message);
  }
  const text = "mended";
  cluster.config = { state: "accepted", origin: "user", text, digest: "sha256:m", remarks: [] };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": text } });
  assertEquals(cluster.fileIntegrity.status?.phase, "Initializing");
  assertMatch(JSON.stringify(cluster.daemonSet?.content), /--config-digest=sha256:m/);
  cluster.allReport();
  cluster.settle();
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
});

Deno.test("plan: a FileIntegrity whose configuration never was to be had runs the default policy meanwhile", () => {
  const cluster = three();
  cluster.config = { state: "not-found", message: "why" };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": defaultConfig.text } });
  assertEquals(cluster.condition("ConfigAccepted")?.reason, "ConfigNotFound");
});

Deno.test("plan: what is run while the wanted configuration is not to be had is told, once, and as it is", () => {
  const states = ["not-found", "key-not-found", "forbidden", "refused"] as const;
  for (const state of states) {
    const fresh = three();
    fresh.config = { state, message: "why" };
    fresh.settle();
    fresh.allReport();
    fresh.settle();
    const byDefault = "why. The default policy is run meanwhile";
    assertEquals(fresh.condition("ConfigAccepted")?.message, byDefault);
    assertEquals(fresh.messages("Configuration"), [byDefault]);

    const custom = active();
    const text = "the user's";
    custom.config = {
      state: "accepted",
      origin: "user",
      text,
      digest: digestText(text),
      remarks: [],
    };
    custom.settle();
    custom.config = { state, message: "why" };
    custom.settle();
    const stays = "why. The configuration that was active stays active";
    assertEquals(custom.condition("ConfigAccepted")?.message, stays);
    assertEquals(custom.messages("Configuration").at(-1), stays);
    assertEquals(custom.configMap?.content, { data: { "aide.conf": text } });
  }
  const waiting = three();
  waiting.config = { state: "pending", message: "why" };
  waiting.settle();
  assertEquals(waiting.daemonSet, undefined);
  const message = "why. Nothing is scanned before it can be";
  assertEquals(waiting.condition("ConfigAccepted")?.message, message);
});

Deno.test("plan: while nothing is known of the configuration, nothing runs and nothing is changed", () => {
  const cluster = three();
  cluster.config = { state: "pending" };
  cluster.settle();
  assertEquals([cluster.daemonSet, cluster.configMap], [undefined, undefined]);
  const running = active();
  running.config = { state: "pending" };
  const { daemonSet, configMap } = structuredClone(running);
  running.settle();
  assertEquals([running.daemonSet, running.configMap], [daemonSet, configMap]);
});

Deno.test("plan: an operator that starts takes nothing back while it reads the configuration anew", () => {
  const accepted = active();
  const refused = active();
  refused.config = { state: "refused", message: "why" };
  refused.settle();
  for (const cluster of [accepted, refused]) {
    cluster.config = { state: "pending" };
    cluster.expectedBefore = undefined;
    assertEquals(cluster.step(), []);
  }
  assertEquals(refused.messages("FileIntegrityStatus").at(-1), "Error");
  // What was said of another spec says nothing of this one.
  const { metadata } = accepted.fileIntegrity;
  accepted.fileIntegrity = {
    ...accepted.fileIntegrity,
    metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
  };
  accepted.settle();
  assertEquals(accepted.condition("ConfigAccepted")?.reason, "ConfigUnchecked");
});

Deno.test("plan: an edited ConfigMap comes back also while the wanted configuration is refused", () => {
  const cluster = active();
  cluster.config = { state: "refused", message: "why" };
  cluster.configMap = {
    ...cluster.configMap as ObservedChild,
    content: { data: { "aide.conf": "!/" } },
  };
  cluster.settle();
  assertEquals(cluster.configMap?.content, { data: { "aide.conf": defaultConfig.text } });
});

Deno.test("plan: an active configuration that nobody has any more is not replaced by one that nobody asked for", () => {
  const cluster = active();
  const text = "the user's";
  cluster.config = { state: "accepted", origin: "user", text, digest: "sha256:u", remarks: [] };
  cluster.settle();
  cluster.config = { state: "not-found", message: "why" };
  cluster.configMap = {
    ...cluster.configMap as ObservedChild,
    content: { data: { "aide.conf": "!/" } },
  };
  const { daemonSet } = structuredClone(cluster);
  cluster.settle();
  assertEquals(cluster.daemonSet, daemonSet); // whose digest keeps every daemon from running what is there
});

Deno.test("plan: a configuration that can't be judged for now is looked at again, and says why", () => {
  const cluster = active();
  cluster.config = { state: "pending", message: "AIDE did not start" };
  cluster.settle();
  const message = "AIDE did not start. The default policy is run meanwhile";
  assertEquals(cluster.condition("ConfigAccepted")?.message, message);
  assertEquals(cluster.fileIntegrity.status?.phase, "Active");
  assert((cluster.plan().requeueAfter ?? Infinity) <= 30_000);
});

Deno.test("plan: a default policy that has changed with the version is announced", () => {
  const cluster = active();
  const text = "next default";
  cluster.config = { state: "accepted", origin: "default", text, digest: "sha256:n", remarks: [] };
  cluster.settle();
  assertMatch(
    cluster.messages("Configuration").at(-1) ?? "",
    /^The default policy of this version is another/,
  );
  assertMatch(JSON.stringify(cluster.daemonSet?.content), /--config-digest=sha256:n/);
});
