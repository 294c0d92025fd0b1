import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { resources } from "../../../src/kube/resource.ts";
import { answer } from "../faults.ts";
import { daemonTest } from "./daemon_node.ts";

const patch = { verb: "patch" as const, path: /fileintegritynodestatuses/ };
const apply = { verb: "apply" as const, path: /configmaps/ };

daemonTest(
  "scans go on while the API server is away, and the newest result counts",
  async (node) => {
    const { host, proxy } = node;
    await using daemon = await node.start();
    const first = await node.result("Succeeded");
    await daemon.idle();
    proxy.down();
    await host.append("etc/hosts", "# changed\n");
    daemon.nextScan();
    await daemon.log.said(/^Failed: 0 added, 1 changed/);
    await host.append("etc/motd", "changed as well\n");
    daemon.nextScan();
    await daemon.log.said(/^Failed: 0 added, 2 changed/);
    // Nothing that could be told of an outage more than once is.
    const complaints = daemon.log.lines.filter(({ level }) => level === "warning")
      .filter(({ message }) => !message.startsWith("Failed: "));
    assertEquals(complaints.length, 1, String(daemon.log));
    await proxy.up();
    const failed = await node.result("Failed", first);
    assertEquals(failed.lastResult?.filesChanged, 2);
    await daemon.log.said(/API server is back/);
    assertEquals(daemon.log.find(/API server is back/).length, 1);
    assertEquals(daemon.log.lines.filter(({ level }) => level === "error"), []);
  },
);

daemonTest("a failure that was over before it could be told is not told", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  const refused = proxy.inject(patch, answer(503, "ServiceUnavailable"), { times: 1_000_000 });
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  await daemon.log.said(/^Failed/);
  await Deno.writeTextFile(host.at("etc/hosts"), "127.0.0.1 localhost\n");
  daemon.nextScan();
  await daemon.log.said(/^Succeeded/);
  refused.remove();
  const { results } = await node.result("Succeeded", first);
  assertEquals(results?.map(({ condition }) => condition), ["Succeeded"]);
});

daemonTest("a daemon that starts while the API server is away waits for it", async (node) => {
  node.proxy.down();
  await using daemon = await node.start();
  await daemon.log.said(/no answer/);
  await node.proxy.up();
  await node.result("Succeeded");
  assertEquals(daemon.log.lines.filter(({ level }) => level === "warning").length, 1);
});

daemonTest("a record whose answer is lost counts once it stands there", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await host.append("etc/hosts", "# absorbed\n");
  // The API server takes the record, and the daemon does not learn of it.
  const cut = proxy.inject(patch, { do: "cut", at: "answered" }, { times: 1_000_000 });
  await node.annotate({ reInit: "request-1" });
  const recorded = await node.status("the record", ({ baseline }) => {
    return baseline?.requestID === "request-1";
  });
  await daemon.log.said(/no answer/);
  const database = `${host.state}/aide.db.gz`;
  assert((await Deno.stat(`${database}.new`)).isFile); // the old one is in use
  // It ends, and the next one finds the record, and the files to it.
  await daemon.stop();
  cut.remove();
  await using again = await node.start();
  await again.log.said(/Finished the interrupted switch/);
  const later = await node.result("Succeeded", recorded);
  assertEquals(later.baseline, recorded.baseline);
  assert(recorded.baseline?.digest !== first.baseline?.digest);
});

daemonTest("a lost answer does not hold up the daemon that waits for it", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  await node.result("Succeeded");
  await daemon.idle();
  await host.append("etc/hosts", "# absorbed\n");
  proxy.inject(patch, { do: "cut", at: "answered" }, { times: 1 });
  await node.annotate({ reInit: "request-1" });
  await daemon.log.said(/^New baseline \(requested\)/);
  await host.append("etc/motd", "changed since\n");
  daemon.nextScan();
  const failed = await node.result("Failed");
  assertEquals(failed.baseline?.requestID, "request-1");
  assertEquals(failed.lastResult?.changes?.items.map(({ path }) => path), ["/etc/motd"]);
});

daemonTest("a log that is refused leaves the verdict as it is, which says so", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  proxy.inject(apply, answer(403, "Forbidden"), { times: 1_000_000 });
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  await daemon.log.said(/tried again until it works$/);
  daemon.clock.skip(10_000); // it may be forbidden for a moment only
  const failed = await node.result("Failed", first);
  assertEquals(failed.lastResult?.filesChanged, 1);
  assertEquals(failed.lastResult?.resultConfigMapName, undefined);
  assertEquals(failed.lastResult?.errorReason, "not-published");
  assertStringIncludes(failed.lastResult?.errorMessage ?? "", "The log could not be kept: ");
  assertEquals(daemon.log.lines.filter(({ level }) => level === "error").length, 1);

  // The log of what is absorbed likewise, and at once.
  await node.annotate({ reInit: "request-1" });
  const { baseline } = await node.status("the new baseline", ({ baseline }) => {
    return baseline?.requestID === "request-1";
  });
  assertEquals([baseline?.absorbed?.changed, baseline?.absorbed?.resultConfigMapName], [
    1,
    undefined,
  ]);
  assertStringIncludes(baseline?.absorbed?.note ?? "", "The log could not be kept: ");
});

daemonTest("a log that an API server forbids for a moment is kept", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  proxy.inject(apply, answer(403, "Forbidden"));
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  const failed = await node.result("Failed", first);
  assertEquals(failed.lastResult?.errorReason, undefined);
  assert(failed.lastResult?.resultConfigMapName !== undefined);
  await daemon.log.said(/API server is back/);
  assertEquals(daemon.log.lines.filter(({ level }) => level === "error"), []);
});

daemonTest("a result whose answer is lost is the same one when it is found again", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  proxy.inject(patch, { do: "cut", at: "answered" }, { times: 1_000_000 });
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  const failed = await node.result("Failed", first);
  await daemon.log.said(/tried again until it works$/);
  daemon.nextScan();
  const again = await node.status("the next one", ({ lastResult }) => {
    return lastResult?.lastProbeTime !== failed.lastResult?.lastProbeTime;
  });
  assertEquals(again.lastResult?.condition, "Failed");
  assertEquals(again.lastResult?.lastTransitionTime, failed.lastResult?.lastTransitionTime);
});

daemonTest("a log is published before the verdict that names it", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  const unavailable = proxy.inject(apply, answer(503, "ServiceUnavailable"), { times: 1_000_000 });
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  await daemon.log.said(/^Failed/);
  await daemon.log.said(/the proxy of the test says ServiceUnavailable/);
  assertEquals((await node.status("it", () => true)).lastResult, first.lastResult);
  unavailable.remove();
  const { lastResult } = await node.result("Failed", first);
  await node.object("log", resources.configMaps, lastResult?.resultConfigMapName ?? "", () => true);
});

daemonTest("a result that is refused for good is Errored and says what was found", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  proxy.inject(
    { ...patch, where: ({ body }) => body.includes('"Failed"') },
    answer(422, "Invalid"),
  );
  await host.append("etc/hosts", "# changed\n");
  daemon.nextScan();
  const { lastResult, baseline } = await node.result("Errored", first);
  assertEquals(lastResult?.errorReason, "not-published");
  assertStringIncludes(
    lastResult?.errorMessage ?? "",
    "The result (Failed: 0 added, 1 changed, 0 removed) could not be published",
  );
  assertEquals(baseline, first.baseline);
  // The next one is as good as any.
  daemon.nextScan();
  await node.result("Failed", first);
});

daemonTest("a baseline whose record is refused is not the baseline", async (node) => {
  const { host, proxy } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await daemon.idle();
  await host.append("etc/hosts", "# changed\n");
  proxy.inject(
    { ...patch, where: ({ body }) => body.includes("request-1") },
    answer(422, "Invalid"),
  );
  await node.annotate({ reInit: "request-1" });
  const { baseline } = await node.result("Errored", first);
  assertEquals(baseline, first.baseline);
  // It is tried again, and what it was to absorb is still there.
  daemon.nextScan();
  const again = await node.status("the new baseline", ({ baseline }) => {
    return baseline?.requestID === "request-1";
  });
  assertEquals(again.baseline?.absorbed?.changed, 1);
});

daemonTest("an API server that keeps no record of a baseline gets no baseline", async (node) => {
  const { proxy } = node;
  // As a CustomResourceDefinition of an older version does it: what it does not know is dropped.
  proxy.inject({ ...patch, where: ({ body }) => body.includes('"baseline"') }, {
    ...answer(200, ""),
    do: "answer",
    code: 200,
    body: JSON.stringify({ metadata: { name: node.name, resourceVersion: "1" } }),
  });
  await using _daemon = await node.start();
  const { lastResult, baseline } = await node.result("Errored");
  assertEquals([lastResult?.errorReason, baseline], ["not-published", undefined]);
  assertStringIncludes(lastResult?.errorMessage ?? "", "apply the CustomResourceDefinitions");
  const files = (await Array.fromAsync(Deno.readDir(node.host.state))).map(({ name }) => name);
  assert(!files.includes("aide.db.gz"), String(files));
});
