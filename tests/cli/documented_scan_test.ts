import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse, parseAll } from "@std/yaml";
import { aideBinaries } from "../aide_binaries.ts";
import { testWithEachAide } from "../node/test_host.ts";
import { jq } from "./jq.ts";
import { documentedNode, ScanHost } from "./scan_host.ts";

const binaries = await aideBinaries();
const configMap = `aide-ds-worker-fileintegrity-${documentedNode}-failed`;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

testWithEachAide("scan: what the documentation shows, step by step", binaries, async (aide) => {
  await using host = await ScanHost.make(aide.path);
  const product = { asProduct: true };

  const first = await host.status([], product);
  assertEquals(first.code, 0, first.stderr);
  assertEquals(first.status.baseline?.reason, "first");
  assertEquals(first.status.metadata.name, `worker-fileintegrity-${documentedNode}`);
  assertEquals(first.status.nodeName, documentedNode);
  assertEquals(Object.keys(first.status.results[0] ?? {}), ["condition", "lastProbeTime"]);

  await host.append();
  const failed = await host.status([], product);
  assertEquals(failed.code, 1, failed.stderr);
  const [kept, result, ...more] = JSON.parse(await jq(".results", failed.stdout));
  assertEquals(more, []);
  assertEquals(kept, first.status.results[0]);
  assertMatch(result.lastProbeTime, rfc3339);
  assertEquals(
    // The documentation prints it with its keys in this order.
    JSON.stringify({ ...result, lastProbeTime: "" }),
    JSON.stringify({
      condition: "Failed",
      filesChanged: 1,
      lastProbeTime: "",
      resultConfigMapName: configMap,
      resultConfigMapNamespace: "openshift-file-integrity",
    }),
  );
  const { changes } = failed.status.lastResult;
  assertEquals(changes?.items.map(({ path, kind }) => ({ path, kind })), [
    { path: "/etc/resolv.conf", kind: "changed" },
  ]);

  const text = await Deno.readTextFile(`${host.state}/${configMap}.json`);
  const { apiVersion, kind, metadata, data } = JSON.parse(text);
  assertEquals({ apiVersion, kind, metadata }, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: configMap,
      namespace: "openshift-file-integrity",
      labels: {
        "file-integrity.openshift.io/node": documentedNode,
        "file-integrity.openshift.io/owner": "worker-fileintegrity",
        "file-integrity.openshift.io/result-log": "",
      },
      annotations: {
        "file-integrity.openshift.io/files-added": "0",
        "file-integrity.openshift.io/files-changed": "1",
        "file-integrity.openshift.io/files-removed": "0",
      },
    },
  });
  const log = data.integritylog.split("\n");
  assert(log.some((line: string) => line.endsWith(": /hostroot/etc/resolv.conf")), log.join("\n"));
  assert(log.includes("File: /hostroot/etc/resolv.conf"), log.join("\n"));
  assert(!data.integritylog.includes(host.directory), data.integritylog);

  const taken = await host.status(["--re-init"], product);
  assertEquals(taken.code, 0, taken.stderr);
  assertEquals(taken.status.baseline?.reason, "requested");
  assertEquals(taken.status.baseline?.absorbed, {
    added: 0,
    changed: 1,
    removed: 0,
    resultConfigMapName: configMap.replace("-failed", "-absorbed"),
    resultConfigMapNamespace: "openshift-file-integrity",
  });
  assert(taken.stderr.includes("Absorbed: changed /etc/resolv.conf"), taken.stderr);
  assertEquals(taken.status.results.map(({ condition }) => condition), ["Failed", "Succeeded"]);

  const again = await host.status();
  assertEquals(again.code, 0, again.stderr);
  assertEquals(again.status.baseline, taken.status.baseline);
});

testWithEachAide(
  "scan: Errored is exit status 2, with the reason on both streams",
  binaries,
  async (aide) => {
    await using host = await ScanHost.make(aide.path);
    await host.takeBaseline();
    await Deno.remove(`${host.state}/aide.db.gz`);
    const { code, status, stderr } = await host.status([], { asProduct: true });
    assertEquals(code, 2);
    assertEquals(status.lastResult.condition, "Errored");
    assertEquals(status.lastResult.errorReason, "baseline-lost");
    assertEquals(status.results.map(({ condition }) => condition), ["Succeeded", "Errored"]);
    assert(status.lastResult.errorMessage?.startsWith("Baseline lost: "), stderr);
    assert(stderr.includes(status.lastResult.errorMessage ?? "-"), stderr);
  },
);

const [, newest] = binaries;

Deno.test("scan: the three forms of output say the same", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  await host.takeBaseline();
  await host.append();

  const json = await host.scan(["-o", "json"]);
  assertEquals((await jq("1", json.stdout)).trim(), "1", "more than one JSON text");
  const status = JSON.parse(json.stdout);
  assertEquals(status, JSON.parse(await Deno.readTextFile(`${host.state}/status.json`)));

  const yaml = await host.scan(["-o", "yaml"]);
  const timeless = (text: string): unknown =>
    JSON.parse(
      text.replaceAll(/("(?:lastProbeTime|start)":)"[^"]*"|("durationSeconds":)[\d.]+/g, "$1$20"),
    );
  assertEquals(timeless(JSON.stringify(parse(yaml.stdout))), timeless(JSON.stringify(status)));

  const table = await host.scan();
  const [header, row, ...changes] = table.stdout.trimEnd().split("\n");
  assertEquals(header?.split(/ {3,}/), ["NAME", "NODE", "STATUS"]);
  assertEquals(row?.split(/ {3,}/), [
    `worker-fileintegrity-${documentedNode}`,
    documentedNode,
    "Failed",
  ]);
  assertEquals(header?.indexOf("NODE"), row?.indexOf(documentedNode, 22));
  assertEquals(changes[0], "  0 added, 1 changed, 0 removed");
  assert(changes[1]?.startsWith("  ~ /etc/resolv.conf  (sha512: "), table.stdout);
  for (const { stderr } of [json, yaml, table]) {
    assert(stderr.includes("WARN  Failed: 0 added, 1 changed, 0 removed"), stderr);
  }
});

Deno.test("scan: with --with-config-maps the ConfigMaps follow as documents of their own", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  await host.takeBaseline();
  await host.append();
  const file = `${host.state}/${configMap}.json`;

  const json = await host.scan(["-o", "json", "--with-config-maps"]);
  const [kinds, ...objects] = (await jq("[.[].kind], .[]", json.stdout, ["-s", "-c"])).trim().split(
    "\n",
  );
  assertEquals(kinds, '["FileIntegrityNodeStatus","ConfigMap"]');
  assertEquals(JSON.parse(objects[1] ?? ""), JSON.parse(await Deno.readTextFile(file)));

  const yaml = await host.scan(["-o", "yaml", "--with-config-maps"]);
  const [status, map] = parseAll(yaml.stdout) as { kind: string }[];
  assertEquals(status?.kind, "FileIntegrityNodeStatus");
  assertEquals(map, JSON.parse(await Deno.readTextFile(file)));
});

Deno.test("scan: a log of lines of JSON", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const { stderr } = await host.scan(["--log-format", "json"]);
  const levels = stderr.trim().split("\n").map((line) => {
    const { time, level, message } = JSON.parse(line);
    assertMatch(time, /^\d{4}-.*Z$/);
    assertEquals(typeof message, "string");
    return level;
  });
  assertEquals(new Set(levels), new Set(["info"]));
});
