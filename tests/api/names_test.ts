import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { annotations, labels } from "../../src/api/labels.ts";
import {
  absorbedConfigMapName,
  daemonSetName,
  failureConfigMapName,
  isNamespaceName,
  isObjectName,
  labelValue,
  logPartName,
  nodeStatusName,
  ownership,
} from "../../src/api/names.ts";

const node = "ip-10-0-130-192.ec2.internal";

const objectName = fc.stringMatching(
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?){0,4}$/,
).filter((name) => name.length <= 253);

Deno.test("names are those of the product documentation", () => {
  assertEquals(daemonSetName("worker-fileintegrity"), "aide-worker-fileintegrity");
  assertEquals(
    nodeStatusName("worker-fileintegrity", node),
    "worker-fileintegrity-ip-10-0-130-192.ec2.internal",
  );
  assertEquals(
    failureConfigMapName("worker-fileintegrity", node),
    "aide-ds-worker-fileintegrity-ip-10-0-130-192.ec2.internal-failed",
  );
  assertEquals(
    absorbedConfigMapName("worker-fileintegrity", node),
    "aide-ds-worker-fileintegrity-ip-10-0-130-192.ec2.internal-absorbed",
  );
});

Deno.test("a DaemonSet's name of 64 characters becomes a SHA-1, as the existing operator has it", () => {
  assertEquals(daemonSetName("x".repeat(58)), `aide-${"x".repeat(58)}`);
  // as sha1sum computes it
  assertEquals(daemonSetName("x".repeat(59)), "aide615183313e18bd48334fc02d296803ff958413a8");
});

Deno.test("names of any FileIntegrity and node are valid, and parts of a log have room", () => {
  fc.assert(fc.property(objectName, objectName, (fi, host) => {
    for (const make of [nodeStatusName, failureConfigMapName, absorbedConfigMapName]) {
      assert(isObjectName(make(fi, host)), make(fi, host));
    }
    assert(isObjectName(logPartName(failureConfigMapName(fi, host), 99_999)));
    assert(daemonSetName(fi).length < 64);
  }));
});

Deno.test("names at the limits are valid and different", () => {
  for (const end of ["a", "b", "-a", ".a"]) {
    for (let length = 225; length <= 253; length++) {
      const host = "h".repeat(length - end.length) + end;
      const other = "h".repeat(length - end.length) + end.replace(/[ab]$/, "c");
      for (const make of [nodeStatusName, failureConfigMapName, absorbedConfigMapName]) {
        assert(isObjectName(make("fi", host)), make("fi", host));
        assertNotEquals(make("fi", host), make("fi", other));
      }
    }
  }
});

Deno.test("the name of a log ends with the node's as long as that fits", () => {
  for (
    const [make, kind] of [[failureConfigMapName, "failed"], [
      absorbedConfigMapName,
      "absorbed",
    ]] as const
  ) {
    for (const fi of ["fi", `${"f".repeat(60)}.`.repeat(3) + "fi", "f".repeat(253)]) {
      for (let length = 1; length <= 195; length++) {
        const host = "h".repeat(length);
        const name = make(fi, host);
        assert(name.endsWith(`-${host}-${kind}`), name);
        assert(name.startsWith("aide-ds-f"), name);
        assertNotEquals(name, make(`${fi}x`.slice(-253), host));
        assertNotEquals(name, make(fi, `${host.slice(1)}x`));
      }
    }
    const long = make("f".repeat(253), "h".repeat(63));
    assertMatch(
      long,
      new RegExp(`^aide-ds-f{${247 - 8 - 33 - 65 - kind.length}}-[0-9a-f]{32}-h{63}-${kind}$`),
    );
    // Nothing that a name can be has room for such a node's.
    for (let length = 196; length <= 253; length++) {
      const name = make("f".repeat(253), "h".repeat(length));
      assert(
        name.startsWith(`aide-ds-${"h".repeat(195)}`) ||
          name.endsWith(`-${"h".repeat(length)}-${kind}`),
      );
      assert(isObjectName(name) && name.length >= 246, name);
      assertNotEquals(name, make("g".repeat(253), "h".repeat(length)));
    }
  }
});

Deno.test("a shortened name is not the unshortened name of something else", () => {
  const shortened = nodeStatusName("fi", "h".repeat(253));
  assertNotEquals(nodeStatusName("fi", shortened.slice("fi-".length)), shortened);
  const log = failureConfigMapName("fi", "h".repeat(253));
  const host = log.slice("aide-ds-fi-".length, -"-failed".length);
  assertNotEquals(failureConfigMapName("fi", host), log);
});

Deno.test("label values are valid, and equal only for equal names", () => {
  const valid = /^([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$/;
  fc.assert(fc.property(objectName, objectName, (a, b) => {
    assert(valid.test(labelValue(a)), labelValue(a));
    assertEquals(labelValue(a) === labelValue(b), a === b);
  }));
  assertEquals(labelValue("x".repeat(63)), "x".repeat(63));
  assertEquals(labelValue("x".repeat(64)).length, 63);
  assertNotEquals(labelValue("x".repeat(64)), labelValue("x".repeat(65)));
});

Deno.test("a shortened label leaves the full name in an annotation", () => {
  const host = `${"h".repeat(63)}.example`;
  const { labels: made, annotations: full } = ownership("fi", host);
  assertEquals(made, { [labels.owner]: "fi", [labels.node]: labelValue(host) });
  assertEquals(full, { [annotations.nodeName]: host });
  assertEquals(ownership("fi", "node").annotations, {});
});

Deno.test("object and namespace names follow DNS", () => {
  for (const name of ["a", "a-b.c", "1", "a".repeat(253)]) assert(isObjectName(name), name);
  for (
    const name of ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "a\n", "a".repeat(254)]
  ) {
    assert(!isObjectName(name), name);
  }
  assert(isNamespaceName("openshift-file-integrity"));
  assert(!isNamespaceName("a.b") && !isNamespaceName("a".repeat(64)));
});

Deno.test("labels and annotations have the documented keys", () => {
  const prefix = "file-integrity.openshift.io/";
  assertEquals(
    [labels.node, labels.owner, labels.resultLog, labels.aideConf],
    ["node", "owner", "result-log", "aide-conf"].map((key) => prefix + key),
  );
  assertEquals(
    [
      annotations.filesAdded,
      annotations.filesChanged,
      annotations.filesRemoved,
      annotations.compressed,
    ],
    ["files-added", "files-changed", "files-removed", "compressed"].map((key) => prefix + key),
  );
  assertEquals(
    [annotations.reInit, annotations.reInitOnFailed, annotations.holdoff],
    ["re-init", "re-init-on-failed", "holdoff"].map((key) => prefix + key),
  );
});
