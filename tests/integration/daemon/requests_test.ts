import { assert, assertEquals } from "@std/assert";
import { resources } from "../../../src/kube/resource.ts";
import { hookedAide } from "../../node/hooked_aide.ts";
import { daemonTest } from "./daemon_node.ts";

daemonTest("a re-init request is carried out once, and says what it absorbed", async (node) => {
  const { host } = node;
  await using daemon = await node.start();
  const first = await node.result("Succeeded");
  await host.append("etc/hosts", "# absorbed\n");
  await host.write("etc/new", "added\n");
  await node.annotate({ reInit: "request-1", reInitReason: "node-update" });
  const renewed = await node.status("the new baseline", ({ baseline }) => {
    return baseline?.requestID === "request-1";
  });
  const { baseline, lastResult } = renewed;
  const configMap = `aide-ds-fi-${node.node}-absorbed`;
  assertEquals([baseline?.reason, lastResult?.condition], ["node-update", "Succeeded"]);
  assertEquals(baseline?.absorbed, {
    added: 1,
    changed: 1,
    removed: 0,
    resultConfigMapName: configMap,
    resultConfigMapNamespace: node.namespace.name,
  });
  assert(baseline?.digest !== first.baseline?.digest);
  const log = await node.object("the log", resources.configMaps, configMap, () => true);
  assert(log.data?.["integritylog"]?.includes("/hostroot/etc/new"), JSON.stringify(log));
  assertEquals(log.metadata.labels?.["file-integrity.openshift.io/absorbed-log"], "");
  assertEquals(log.metadata.ownerReferences?.[0]?.uid, node.fileIntegrity.metadata.uid);

  // The request still stands there; it has been carried out.
  daemon.nextScan();
  const later = await node.result("Succeeded", renewed);
  assertEquals(later.baseline, baseline);

  // A second one, of which nothing is absorbed: no field of the first one stays.
  await node.annotate({ reInit: "request-2", reInitReason: null });
  const again = await node.status("another baseline", ({ baseline }) => {
    return baseline?.requestID === "request-2";
  });
  assertEquals(again.baseline?.reason, "requested");
  assertEquals(again.baseline?.absorbed, { added: 0, changed: 0, removed: 0 });
});

daemonTest("a held node does nothing; released, it does what is due", async (node) => {
  await node.annotate({ holdoff: "" });
  await using daemon = await node.start();
  await daemon.log.said(/Held: no scan until the hold is released/);
  assertEquals(node.writes, []);
  await node.annotate({ holdoff: null });
  const first = await node.result("Succeeded");

  await node.annotate({ holdoff: "update of the node" });
  await daemon.log.said(/Held/, 2);
  await node.host.append("etc/hosts", "# changed while held\n");
  daemon.nextScan();
  daemon.nextScan();
  assertEquals(node.writes.length, 1);
  await node.annotate({ holdoff: null });
  const failed = await node.result("Failed", first);
  assertEquals(failed.lastResult?.filesChanged, 1);
  assertEquals(daemon.log.find(/Called off/), []);
});

daemonTest("a hold calls off the scan that runs", async (node) => {
  const { aide } = node.host;
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  await using daemon = await node.start({
    program: hookedAide(aide, {
      during: async (count, over, run) => {
        if (count !== 2) return;
        begun.resolve();
        const aborted = Promise.withResolvers<void>();
        run.signal.addEventListener("abort", () => aborted.resolve());
        await aborted.promise;
        ended.resolve(JSON.stringify(await over));
      },
    }),
  });
  const first = await node.result("Succeeded");
  daemon.nextScan();
  await begun.promise;
  await node.annotate({ holdoff: "" });
  await ended.promise;
  await daemon.log.said(/Called off/);
  assertEquals(node.writes.length, 1);
  // What was called off is due as soon as it may be.
  await node.annotate({ holdoff: null });
  await node.result("Succeeded", first);
});

daemonTest("nothing is scanned before the initial delay is over", async (node) => {
  await using daemon = await node.start({ initialDelay: 500 });
  const { metadata } = await node.status("it", () => true);
  const due = new Date(Date.parse(metadata.creationTimestamp ?? "") + 500_000);
  const line = await daemon.log.said(/First scan at/);
  assertEquals(line.properties.due, due.toISOString().replace(".000Z", "Z"));
  assertEquals(node.writes, []);
  daemon.clock.skip(500_000);
  const first = await node.result("Succeeded");
  // It is for the first result alone: a daemon that is started anew scans at once.
  await daemon.stop();
  await using _again = await node.start({ initialDelay: 500_000 });
  await node.result("Succeeded", first);
});
