/** What tells Prometheus of the operator, on a cluster where prometheus-operator's own definitions come and go. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { prometheusRuleSpec } from "../../../src/plan/prometheus_rule.ts";
import { serviceMonitorSpec } from "../../../src/plan/service_monitor.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { besidesDiscovery, MonitoredCluster, writes } from "./monitored_cluster.ts";

const rule: [string, string] = ["prometheusrule", "file-integrity"];
const monitor: [string, string] = ["servicemonitor", "metrics"];
const label = { name: "file-integrity-operator" };

// deno-lint-ignore no-explicit-any
const isRight = (spec: object) => (object: any): boolean =>
  JSON.stringify(sorted(object.spec)) === JSON.stringify(sorted(spec));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, of]) => [key, sorted(of)]),
  );
}

clusterTest(
  "monitoring: the objects are made where their kinds come, and kept as they should be",
  async (besides) => {
    await using at = await MonitoredCluster.start(besides);
    const namespace = at.namespace.name;
    const rules = prometheusRuleSpec(namespace);
    let hasCertificateAuthority = false;
    const scraped = (): object =>
      serviceMonitorSpec({ namespace, hasCertificateAuthority, plainMetrics: false });

    // Without the kinds nothing is asked for but whether they are there.
    const beginning = await at.now();
    await at.begin({ hasCertificateAuthority: () => hasCertificateAuthority });
    assertEquals(besidesDiscovery(await at.looks(3, beginning)), []);

    // The first kind comes; as long as nothing is there to be scraped, nothing is told.
    await at.define("prometheusrules");
    await at.until("it is said what is missing", () =>
      Promise.resolve(
        at.said("info").some((line) => /there is no Service metrics in namespace /.test(line)),
      ));
    assertEquals(writes(await at.asked(beginning)), []);
    await at.createService();
    const made = await at.untilObject(...rule, "is made");
    const service = await at.get("service", "metrics");
    const owner = (of: { metadata: { uid: string } }): unknown[] => [
      { apiVersion: "v1", kind: "Service", name: "metrics", uid: of.metadata.uid },
    ];
    assertEquals([made.spec, made.metadata.labels], [rules, label]);
    assertEquals(made.metadata.ownerReferences, owner(service));
    const ofMonitors = (call: string): boolean => call.includes("servicemonitors");
    assertEquals((await at.looks(2, beginning)).filter(ofMonitors), []);

    // The second one comes.
    await at.define("servicemonitors");
    const monitored = await at.untilObject(...monitor, "is made");
    assertEquals([monitored.spec, monitored.metadata.labels], [scraped(), label]);
    assertEquals(monitored.metadata.ownerReferences, owner(service));

    // Settled, nothing is written.
    const settled = await at.now();
    assertEquals(writes(await at.looks(12, settled)), []);

    // What is edited, or deleted, is back; what others have added to the metadata stays.
    await at.kubectl(["label", ...rule, "release=prometheus", "name-"]);
    await at.kubectl([
      ...["patch", ...rule, "--type=merge", "-p"],
      JSON.stringify({ spec: { groups: [{ name: "none", rules: [] }] } }),
    ]);
    const mended = await at.untilObject(
      ...rule,
      "is put right",
      (one) => isRight(rules)(one) && one.metadata.labels.name === label.name,
    );
    assertEquals(mended.metadata.labels, { ...label, release: "prometheus" });
    assertEquals(mended.metadata.uid, made.metadata.uid);
    await at.kubectl(["patch", ...rule, "--type=merge", '-p={"metadata":{"ownerReferences":[]}}']);
    await at.untilObject(
      ...rule,
      "has its owner again",
      ({ metadata }) => metadata.ownerReferences?.length === 1,
    );
    await at.kubectl([
      ...["patch", ...monitor, "--type=merge", "-p"],
      JSON.stringify({ spec: { jobLabel: "name", endpoints: [{ port: "metrics" }] } }),
    ]);
    await at.untilObject(...monitor, "is put right", isRight(scraped()));
    for (
      const [object, right] of [[rule, isRight(rules)], [monitor, isRight(scraped())]] as const
    ) {
      const { metadata: { uid } } = await at.get(...object);
      await at.kubectl(["delete", ...object]);
      const again = await at.untilObject(...object, "is made again");
      assert(right(again) && again.metadata.uid !== uid);
    }

    // The certificate comes with its authority from now on.
    hasCertificateAuthority = true;
    await at.untilObject(...monitor, "trusts the authority", isRight(scraped()));

    // The kind goes, with its object: it is followed no more; when it comes back, so does the object.
    await at.undefine("servicemonitors");
    await at.until(
      "its end is noticed",
      () =>
        Promise.resolve(at.said("info").includes("The API server has no servicemonitors any more")),
    );
    assertEquals((await at.looks(3)).filter(ofMonitors), []);
    await at.define("servicemonitors");
    await at.untilObject(...monitor, "is made for the kind that is back", isRight(scraped()));

    // Uninstalled, the objects go with the Service, and come back with another one.
    await at.kubectl(["delete", "service", "metrics"]);
    await at.until(
      "they are gone with the Service",
      async () => await at.get(...rule) === undefined && await at.get(...monitor) === undefined,
    );
    const gone = await at.now();
    assertEquals(writes(await at.looks(3, gone)), []);
    await at.createService();
    for (const object of [rule, monitor]) {
      const { metadata } = await at.untilObject(...object, "is made for the new Service");
      assertEquals(metadata.ownerReferences, owner(await at.get("service", "metrics")));
    }
    await at.end();
    assertEquals(at.said(), []);
  },
);

/** What the existing operator leaves of both. */
function existing(namespace: string, owner: unknown): unknown[] {
  const ownerReferences = [owner];
  return [
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata: { name: "file-integrity", namespace, ownerReferences },
      spec: {
        groups: [{
          name: "node-failed",
          rules: [{
            alert: "NodeHasIntegrityFailure",
            expr: 'file_integrity_operator_node_failed{node=~".+"} * on(node) kube_node_info > 0',
            for: "1s",
            labels: { severity: "warning", namespace },
            annotations: { summary: "Node {{ $labels.node }} has a file integrity failure" },
          }],
        }],
      },
    },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata: { name: "metrics", namespace, labels: label, ownerReferences },
      spec: {
        endpoints: [{ port: "metrics" }, {
          port: "metrics-fio",
          path: "/metrics-fio",
          scheme: "https",
        }],
        namespaceSelector: {},
        selector: { matchLabels: label },
      },
    },
  ];
}

clusterTest(
  "monitoring: objects are taken over, a permission that is missing is said once, an older definition does no harm",
  async (besides) => {
    await using at = await MonitoredCluster.start(besides);
    const namespace = at.namespace.name;
    const rules = prometheusRuleSpec(namespace);
    const scraped = serviceMonitorSpec({
      ...{ namespace, hasCertificateAuthority: true, plainMetrics: true },
    });
    const options = { hasCertificateAuthority: () => Promise.resolve(true), plainMetrics: true };
    await at.define("prometheusrules");
    await at.define("servicemonitors");
    await at.createService();
    const { metadata: { uid } } = await at.get("service", "metrics");
    const owner = {
      ...{ apiVersion: "v1", kind: "Service", name: "metrics", uid },
      ...{ controller: true, blockOwnerDeletion: true },
    };
    await at.kubectl(["create", "-f", "-"], {
      apiVersion: "v1",
      kind: "List",
      items: existing(namespace, owner),
    });
    const before = [await at.get(...rule), await at.get(...monitor)];

    // The existing operator's objects become ours.
    const start = await at.now();
    await at.begin(options);
    const after = [
      await at.untilObject(...rule, "is taken over", isRight(rules)),
      await at.untilObject(...monitor, "is taken over", isRight(scraped)),
    ];
    const identity = ({ metadata }: typeof before[number]): unknown => metadata.uid;
    assertEquals(after.map(identity), before.map(identity));
    assertEquals(writes(await at.looks(3, start)).sort(), [
      "patch prometheusrules file-integrity",
      "patch servicemonitors metrics",
    ]);
    await at.end();
    assertEquals(at.said(), []);

    // Without the permissions each thing that can't be done is said once, with the remedy, and tried further on.
    const role = await at.get("role", "file-integrity-operator");
    const monitoring = ({ apiGroups }: { apiGroups: string[] }): boolean =>
      apiGroups.includes("monitoring.coreos.com");
    const other = role.rules.filter((one: { apiGroups: string[] }) => !monitoring(one));
    assert(other.length < role.rules.length);
    const patched = (rules: unknown): string[] => [
      ...["patch", "role", "file-integrity-operator", "--type=merge", "-p"],
      JSON.stringify({ rules }),
    ];
    await at.kubectl(["delete", "-f", "-"], {
      ...{ apiVersion: "v1", kind: "List", items: existing(namespace, owner) },
    });
    await at.kubectl(patched(other));
    await at.untilForbidden("list", "prometheusrules.monitoring.coreos.com/file-integrity");
    await at.begin(options);
    await at.until("both are said", () => Promise.resolve(at.said().length >= 2));
    await at.looks(5);
    const cannot = (plural: string): RegExp =>
      new RegExp(
        `^Prometheus may not hear of this operator: Cannot list ${plural} in namespace ${namespace}: .*` +
          `; let a role of "system:serviceaccount:${namespace}:file-integrity-operator" list ` +
          `"${plural}" of API group "monitoring.coreos.com", as manifests/rbac/operator.yaml does$`,
      );
    const [first = "", second = "", ...more] = at.said().sort();
    assertMatch(first, cannot("prometheusrules"));
    assertMatch(second, cannot("servicemonitors"));
    assertEquals(more, []);
    await at.kubectl(patched(role.rules));
    await at.untilObject(...rule, "is made once it is permitted", isRight(rules));
    await at.untilObject(...monitor, "is made once it is permitted", isRight(scraped));
    assertEquals(at.said().length, 2);
    await at.end();
    at.log.length = 0;

    // The same where it may not even ask which kinds there are.
    const binding = ["clusterrolebinding", "system:discovery"] as const;
    const { subjects, roleRef, metadata: { name } } = await at.get(...binding);
    await at.kubectl(["delete", ...binding]);
    await at.untilForbidden("get", "/apis/monitoring.coreos.com/v1");
    await at.begin(options);
    await at.until("it is said", () => Promise.resolve(at.said().length >= 1));
    await at.looks(3);
    assertEquals(at.said().length, 1);
    assertMatch(
      at.said()[0] ?? "",
      /Cannot ask which kinds there are of monitoring.coreos.com\/v1: .*; bind the ClusterRole system:discovery to/,
    );
    await at.kubectl(["delete", ...rule]);
    await at.kubectl(["create", "-f", "-"], {
      ...{ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding" },
      ...{ metadata: { name }, roleRef, subjects },
    });
    await at.untilObject(...rule, "is made when it can see the kinds", isRight(rules));
    assertEquals(at.said().length, 1);
    await at.end();
    at.log.length = 0;

    // An older definition leaves out what it does not know: that is said once, and not written again and again.
    await at.define("servicemonitors", ({ spec: { versions: [version] } }) => {
      const { spec } = version.schema.openAPIV3Schema.properties;
      delete spec.properties.endpoints.items.properties.authorization;
    });
    const old = await at.now();
    await at.begin(options);
    await at.kubectl(["patch", ...monitor, "--type=merge", '-p={"spec":{"jobLabel":"name"}}']);
    const left = await at.untilObject(
      ...monitor,
      "is put right as far as it can be",
      ({ spec }) => spec.jobLabel === undefined && spec.endpoints[1].authorization === undefined,
    );
    assertEquals(left.spec.endpoints[0], scraped.endpoints[0]);
    await at.until("it is said", () => Promise.resolve(at.said().length >= 1));
    const written = writes(await at.looks(3)).length;
    assertEquals(written, 0);
    assert(writes(await at.asked(old)).length <= 3, (await at.asked(old)).join("\n"));
    assertEquals(at.said().length, 1);
    assertMatch(
      at.said()[0] ?? "",
      /^The API server does not keep all of ServiceMonitor metrics: update its CustomResourceDefinition; left is .*authorization/,
    );
  },
);
