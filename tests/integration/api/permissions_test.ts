import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { failureConfigMapName, ownership } from "../../../src/api/names.ts";
import { type Account, clusterTest, type TestNamespace } from "../../cluster/test_cluster.ts";
import {
  type Answer,
  type ApiCaller,
  apiCaller,
  applyType,
  type CallOptions,
  configMapsPath,
  fileIntegritiesPath,
  nodeStatusesPath,
} from "./api_caller.ts";
import { allGrants, authorised, type Grant, grant } from "./grants.ts";
import { fileIntegrity, logOwner, ownerReference, unreported } from "./test_objects.ts";

const leaseName = "962a0cf2.openshift.io";
const admission = "/apis/admissionregistration.k8s.io/v1";
const watch = "watch=true&timeoutSeconds=1";

const daemonSetsPath = (namespace: string, name?: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/daemonsets${name === undefined ? "" : `/${name}`}`;
const leasesPath = (namespace: string, name?: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases${
    name === undefined ? "" : `/${name}`
  }`;
const monitoring = (namespace: string): string =>
  `/apis/monitoring.coreos.com/v1/namespaces/${namespace}`;
const eventsPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/events`;

const configMap = (name: string, more: object = {}): unknown => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more },
});

const daemonSet = (name: string, more: object = {}): unknown => ({
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name, ...more },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      // Nothing of this is ever to run.
      spec: {
        nodeSelector: { "example.com/none": "none" },
        containers: [{ name: "a", image: "a" }],
      },
    },
  },
});

const event = (namespace: string, name: string): unknown => ({
  apiVersion: "v1",
  kind: "Event",
  metadata: { name },
  involvedObject: { kind: "FileIntegrity", name: "fi", namespace },
  reason: "FileIntegrityStatus",
  message: "Active",
  type: "Normal",
  source: { component: "test" },
});

const lease = (name: string, holder: string): unknown => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name },
  spec: { holderIdentity: holder, leaseDurationSeconds: 15 },
});

/** Who calls the API server; who scrapes the operator does not. */
type Caller = Exclude<Account, "operator-metrics">;

/** The accounts of a namespace, with a record of what was allowed. */
class Accounts implements Disposable {
  readonly used = new Set<Grant>();
  readonly #callers: Record<Caller, ApiCaller>;

  /** `token`: of whoever may scrape the operator. */
  private constructor(
    readonly ns: string,
    callers: Record<Caller, ApiCaller>,
    readonly token: string,
  ) {
    this.#callers = callers;
  }

  static async of(
    cluster: Parameters<Parameters<typeof clusterTest>[1]>[0],
    namespace: TestNamespace,
  ): Promise<Accounts> {
    const caller = (account: Caller): Promise<ApiCaller> =>
      apiCaller(cluster, namespace, account, account === "daemon" ? "node-a" : undefined);
    const [operator, daemon, viewer, editor] = await Promise.all(
      (["operator", "daemon", "viewer", "editor"] as const).map(caller),
    ) as [ApiCaller, ApiCaller, ApiCaller, ApiCaller];
    const token = await namespace.token("operator-metrics");
    return new Accounts(namespace.name, { operator, daemon, viewer, editor }, token);
  }

  async call(
    account: Caller,
    method: string,
    path: string,
    options?: CallOptions,
  ): Promise<Answer> {
    return await this.#callers[account].call(method, path, options);
  }

  /** A call that must succeed. `boundTo`: the grant is bound to the object's name. */
  async may(
    account: Caller,
    method: string,
    path: string,
    options: CallOptions & { boundTo?: string } = {},
  ): Promise<Answer> {
    const { boundTo, ...rest } = options;
    const answer = await this.call(account, method, path, rest);
    assert(answer.code < 300, `${account}: ${method} ${path}: ${JSON.stringify(answer.body)}`);
    const { verb, resource, group } = authorised(method, path);
    this.used.add(grant(account, verb, resource, group, boundTo));
    return answer;
  }

  /** A grant for a kind that this cluster does not have: tests/integration/cluster/monitoring_test.ts makes the calls. */
  async granted(
    account: Caller,
    verb: string,
    { group, resource, name }: { group: string; resource: string; name?: string },
  ): Promise<void> {
    const resourceAttributes = { namespace: this.ns, verb, group, resource, name };
    const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const { body } = await this.call(account, "POST", path, {
      body: { spec: { resourceAttributes } },
    });
    assertEquals(body.status?.allowed, true, JSON.stringify(resourceAttributes));
    this.used.add(grant(account, verb, resource, group, name));
  }

  [Symbol.dispose](): void {
    for (const caller of Object.values(this.#callers)) caller[Symbol.dispose]();
  }
}

clusterTest("permissions: every verb that is granted is used, and works", async (cluster) => {
  await using namespace = await cluster.namespace("granted");
  using as = await Accounts.of(cluster, namespace);
  const { ns } = as;

  // The editor says what is scanned.
  const fis = fileIntegritiesPath(ns);
  const fi = fileIntegritiesPath(ns, "fi");
  const owner = (await as.may("editor", "POST", fis, { body: fileIntegrity("fi") })).body;
  await as.may("editor", "PATCH", fi, { body: { spec: { debug: true } } });
  const read = await as.may("editor", "GET", fi);
  await as.may("editor", "PUT", fi, { body: { ...read.body, spec: { config: {} } } });
  const config = configMapsPath(ns, "myconfig");
  await as.may("editor", "POST", configMapsPath(ns), { body: configMap("myconfig") });
  await as.may("editor", "PATCH", config, { body: { data: { config: "/etc R" } } });
  await as.may("editor", "PUT", config, { body: configMap("myconfig") });
  await as.may("editor", "DELETE", config);

  // The operator makes what belongs to it.
  await as.may("operator", "GET", fis);
  await as.may("operator", "GET", fi);
  await as.may("operator", "GET", `${fis}?${watch}`);
  await as.may("operator", "PATCH", fi, {
    body: { metadata: { annotations: { "file-integrity.openshift.io/re-init": null } } },
  });
  await as.may("operator", "PATCH", `${fi}/status`, { body: { status: { phase: "Active" } } });
  const owned = { ownerReferences: [ownerReference(owner)] };
  await as.may("operator", "POST", daemonSetsPath(ns), { body: daemonSet("aide-fi", owned) });
  as.used.add(
    grant("operator", "update", "fileintegrities/finalizers", "fileintegrity.openshift.io"),
  );
  await as.may("operator", "POST", configMapsPath(ns), { body: configMap("fi", owned) });
  await as.may("operator", "POST", nodeStatusesPath(ns), { body: unreported(owner, "node-a") });
  const nodeStatus = nodeStatusesPath(ns, "fi-node-a");
  const patch = { metadata: { labels: { patched: "yes" } } };
  const kinds = [
    [daemonSetsPath(ns), daemonSetsPath(ns, "aide-fi")],
    [configMapsPath(ns), configMapsPath(ns, "fi")],
    [nodeStatusesPath(ns), nodeStatus],
  ] as const;
  for (const [all, one] of kinds) {
    await as.may("operator", "GET", all);
    await as.may("operator", "GET", `${all}?${watch}`);
    await as.may("operator", "GET", one);
    await as.may("operator", "PATCH", one, { body: patch });
  }
  await as.may("operator", "POST", eventsPath(ns), { body: event(ns, "fi.1") });
  await as.may("operator", "POST", leasesPath(ns), { body: lease(leaseName, "a") });
  const held = await as.may("operator", "GET", leasesPath(ns, leaseName), { boundTo: leaseName });
  await as.may("operator", "PUT", leasesPath(ns, leaseName), {
    body: { ...held.body, spec: { holderIdentity: "" } },
    boundTo: leaseName,
  });
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: `${ns}-node` },
    spec: { unschedulable: true },
  };
  const made = await cluster.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(node) });
  assertEquals(made.code, 0, made.stderr);
  try {
    await as.may("operator", "GET", "/api/v1/nodes");
    await as.may("operator", "GET", `/api/v1/nodes/${ns}-node`);
    await as.may("operator", "GET", `/api/v1/nodes?${watch}`);
  } finally {
    await cluster.kubectl(["delete", "node", `${ns}-node`]);
  }
  const classes = "/apis/scheduling.k8s.io/v1/priorityclasses";
  await as.may("operator", "GET", `${classes}/system-node-critical`);
  const policy = { boundTo: "file-integrity-daemon" };
  for (const plural of ["validatingadmissionpolicies", "validatingadmissionpolicybindings"]) {
    await as.may("operator", "GET", `${admission}/${plural}/${policy.boundTo}`, policy);
  }

  // It asks whose token it is that somebody scrapes it with, and whether they may.
  const { token } = as;
  const asked = await as.may("operator", "POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    body: { spec: { token } },
  });
  const { username } = asked.body.status.user;
  assertEquals(username, `system:serviceaccount:${ns}:file-integrity-operator-metrics`);
  for (const [path, allowed] of [["/metrics", true], ["/metrics-fio", true], ["/logs", false]]) {
    const reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const spec = { user: username, nonResourceAttributes: { path, verb: "get" } };
    const review = await as.may("operator", "POST", reviews, { body: { spec } });
    assertEquals(review.body.status.allowed, allowed);
    if (allowed) as.used.add(grant("operator-metrics", "get", String(path), ""));
  }

  // It tells Prometheus of itself, with objects of a name of its own, which go with the Service.
  for (
    const [resource, name] of [
      ["prometheusrules", "file-integrity"],
      ["servicemonitors", "metrics"],
    ] as const
  ) {
    const group = "monitoring.coreos.com";
    await as.granted("operator", "create", { group, resource });
    for (const verb of ["list", "watch", "patch", "delete"]) {
      await as.granted("operator", verb, { group, resource, name });
    }
  }
  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "metrics" } };
  const created = await cluster.kubectl(["create", "-n", ns, "-f", "-"], {
    stdin: JSON.stringify({ ...service, spec: { ports: [{ port: 8383 }] } }),
  });
  assertEquals(created.code, 0, created.stderr);
  await as.may("operator", "GET", `/api/v1/namespaces/${ns}/services/metrics`, {
    boundTo: "metrics",
  });

  // The daemon reports for its node: it follows the one object, and writes results and logs.
  const itself = `${nodeStatusesPath(ns)}?fieldSelector=metadata.name%3Dfi-node-a`;
  const listed = await as.may("daemon", "GET", itself);
  assertEquals(listed.body.items.length, 1);
  await as.may("daemon", "GET", `${itself}&${watch}`);
  await as.may("daemon", "GET", nodeStatus);
  await as.may("daemon", "PATCH", nodeStatus, { body: { results: [] } });
  const logName = failureConfigMapName("fi", "node-a");
  const log = configMapsPath(ns, logName);
  const about = { ...ownership("fi", "node-a"), ownerReferences: [logOwner(owner)] };
  const apply = (text: string): CallOptions => ({
    body: { ...configMap(logName, about) as object, data: { integritylog: text } },
    type: applyType,
  });
  const first = await as.may("daemon", "PATCH", `${log}?fieldManager=daemon`, apply("one"));
  assertEquals(first.code, 201); // made by the apply, which is create and patch
  as.used.add(grant("daemon", "create", "configmaps", ""));
  const second = await as.may("daemon", "PATCH", `${log}?fieldManager=daemon`, apply("two"));
  assertEquals([second.code, second.body.data], [200, { integritylog: "two" }]);

  // Viewer and editor read what there is to read.
  for (const account of ["viewer", "editor"] as const) {
    for (const [all, one] of [[fis, fi], [nodeStatusesPath(ns), nodeStatus]] as const) {
      await as.may(account, "GET", all);
      await as.may(account, "GET", one);
      await as.may(account, "GET", `${all}?${watch}`);
    }
    const { body } = await as.may(account, "GET", `${fi}/status`);
    assertEquals(body.status, { phase: "Active" });
    await as.may(account, "GET", configMapsPath(ns));
    await as.may(account, "GET", `${configMapsPath(ns)}?${watch}`);
    assertEquals((await as.may(account, "GET", log)).body.data, { integritylog: "two" });
    const reason = "fieldSelector=reason%3DFileIntegrityStatus";
    const events = await as.may(account, "GET", `${eventsPath(ns)}?${reason}`);
    assertEquals(events.body.items.length, 1);
    await as.may(account, "GET", `${eventsPath(ns)}?${watch}`);
  }

  for (const [, one] of kinds) await as.may("operator", "DELETE", one);
  await as.may("editor", "DELETE", fi);

  // Nothing is granted that no call needs, and no call went by another grant than its own.
  assertEquals([...as.used].sort(), await allGrants());
});

type Forbidden = [Caller, string, (ns: string, other: string) => string, unknown?];

const group = "/apis/fileintegrity.openshift.io/v1alpha1";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const accounts = ["operator", "daemon", "viewer", "editor"] as const;
const spec = { spec: { debug: true } };
const status = { status: { phase: "Active" } };
const results = { results: [] };

const forbidden: Forbidden[] = [
  ...accounts.flatMap((account): Forbidden[] => [
    [account, "GET", (ns) => `/api/v1/namespaces/${ns}/secrets`],
    [account, "GET", (ns) => `/api/v1/namespaces/${ns}/secrets/any`],
    [account, "GET", (ns) => `/api/v1/namespaces/${ns}/pods`],
    [account, "POST", (ns) => `/api/v1/namespaces/${ns}/pods`, {}],
    [account, "POST", (ns) => `/api/v1/namespaces/${ns}/pods/any/exec?command=sh`],
    [account, "GET", (ns) => `/api/v1/namespaces/${ns}/serviceaccounts`],
    [account, "POST", (ns) => `/api/v1/namespaces/${ns}/serviceaccounts/default/token`, {}],
    [account, "POST", (ns) => `${rbac}/namespaces/${ns}/rolebindings`, {}],
    [account, "GET", () => `${rbac}/clusterroles`],
    [account, "GET", () => "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"],
    [account, "PATCH", () => "/api/v1/nodes/any", {}],
    // Nothing in another namespace, and not all namespaces at once.
    [account, "GET", (_, other) => `${group}/namespaces/${other}/fileintegrities`],
    [account, "GET", (_, other) => `${group}/namespaces/${other}/fileintegritynodestatuses`],
    [account, "GET", (_, other) => configMapsPath(other)],
    [account, "GET", (_, other) => configMapsPath(other, "any")],
    [account, "GET", () => `${group}/fileintegrities`],
    [account, "GET", () => `${group}/fileintegritynodestatuses`],
    [account, "GET", () => "/api/v1/configmaps"],
    [account, "GET", () => "/api/v1/namespaces"],
    // All at once is a verb of its own.
    [account, "DELETE", (ns) => configMapsPath(ns)],
    [account, "DELETE", (ns) => fileIntegritiesPath(ns)],
    [account, "DELETE", (ns) => nodeStatusesPath(ns)],
    [account, "PUT", (ns) => `${fileIntegritiesPath(ns, "fi")}/status`, {}],
    [account, "PUT", (ns) => nodeStatusesPath(ns, "fi-node-a"), {}],
  ]),

  // The operator carries out what users say: it makes no FileIntegrity, and takes none away.
  ["operator", "POST", (ns) => fileIntegritiesPath(ns), fileIntegrity("other")],
  ["operator", "PUT", (ns) => fileIntegritiesPath(ns, "fi"), fileIntegrity("fi")],
  ["operator", "DELETE", (ns) => fileIntegritiesPath(ns, "fi")],
  ["operator", "PUT", (ns) => configMapsPath(ns, "any"), configMap("any")],
  ["operator", "GET", (ns) => eventsPath(ns)],
  ["operator", "PATCH", (ns) => `${eventsPath(ns)}/any`, {}],
  ["operator", "GET", (ns) => leasesPath(ns)],
  ["operator", "GET", (ns) => leasesPath(ns, "other")],
  ["operator", "PUT", (ns) => leasesPath(ns, "other"), lease("other", "me")],
  ["operator", "DELETE", (ns) => leasesPath(ns, leaseName)],
  ["operator", "GET", (_, other) => leasesPath(other, leaseName)],
  ["operator", "POST", (_, other) => leasesPath(other), lease(leaseName, "me")],
  ["operator", "POST", (_, other) => eventsPath(other), event("other", "a")],
  ["operator", "POST", (_, other) => daemonSetsPath(other), daemonSet("a")],
  ["operator", "GET", () => "/apis/scheduling.k8s.io/v1/priorityclasses"],
  ["operator", "DELETE", () => "/api/v1/nodes/any"],
  ["operator", "GET", () => `${admission}/validatingadmissionpolicies`],
  ["operator", "GET", () => `${admission}/validatingadmissionpolicies/any`],
  ["operator", "DELETE", () => `${admission}/validatingadmissionpolicies/file-integrity-daemon`],
  ["operator", "PATCH", () => `${admission}/validatingadmissionpolicybindings/any`, {}],
  // Of Prometheus' objects and the Services it has its own.
  ["operator", "PATCH", (ns) => `${monitoring(ns)}/prometheusrules/any`, {}],
  ["operator", "DELETE", (ns) => `${monitoring(ns)}/servicemonitors/any`],
  ["operator", "GET", (ns) => `${monitoring(ns)}/servicemonitors`],
  ["operator", "POST", (_, other) => `${monitoring(other)}/prometheusrules`, {}],
  ["operator", "GET", (ns) => `/api/v1/namespaces/${ns}/services/any`],
  ["operator", "GET", (ns) => `/api/v1/namespaces/${ns}/services`],

  // The daemon, which stands on nodes that may be hostile, neither makes nor deletes a node's object.
  ["daemon", "POST", (ns) => nodeStatusesPath(ns), { nodeName: "a" }],
  ["daemon", "DELETE", (ns) => nodeStatusesPath(ns, "fi-node-a")],
  ["daemon", "GET", (ns) => configMapsPath(ns)],
  ["daemon", "GET", (ns) => configMapsPath(ns, "fi")],
  ["daemon", "DELETE", (ns) => configMapsPath(ns, "fi")],
  ["daemon", "GET", (ns) => fileIntegritiesPath(ns)],
  ["daemon", "GET", (ns) => fileIntegritiesPath(ns, "fi")],
  ["daemon", "PATCH", (ns) => fileIntegritiesPath(ns, "fi"), spec],
  ["daemon", "PATCH", (ns) => `${fileIntegritiesPath(ns, "fi")}/status`, status],
  ["daemon", "GET", () => "/api/v1/nodes"],
  ["daemon", "GET", () => "/api/v1/nodes/any"],
  ["daemon", "POST", (ns) => eventsPath(ns), event("any", "a")],
  ["daemon", "GET", (ns) => daemonSetsPath(ns)],
  ["daemon", "POST", (ns) => leasesPath(ns), lease("any", "me")],
  ["daemon", "GET", (ns) => leasesPath(ns, leaseName)],

  // The viewer changes nothing.
  ["viewer", "POST", (ns) => fileIntegritiesPath(ns), fileIntegrity("other")],
  ["viewer", "PATCH", (ns) => fileIntegritiesPath(ns, "fi"), spec],
  ["viewer", "DELETE", (ns) => fileIntegritiesPath(ns, "fi")],
  ["viewer", "PATCH", (ns) => `${fileIntegritiesPath(ns, "fi")}/status`, status],
  ["viewer", "POST", (ns) => configMapsPath(ns), configMap("any")],
  ["viewer", "PATCH", (ns) => configMapsPath(ns, "fi"), {}],

  // Results are the nodes' word, and the status is the operator's.
  ["editor", "PATCH", (ns) => `${fileIntegritiesPath(ns, "fi")}/status`, status],
  ...(["viewer", "editor"] as const).flatMap((account): Forbidden[] => [
    [account, "POST", (ns) => nodeStatusesPath(ns), { nodeName: "a" }],
    [account, "PATCH", (ns) => nodeStatusesPath(ns, "fi-node-a"), results],
    [account, "DELETE", (ns) => nodeStatusesPath(ns, "fi-node-a")],
    [account, "POST", (ns) => eventsPath(ns), event("any", "a")],
    [account, "GET", (ns) => daemonSetsPath(ns)],
    [account, "POST", (ns) => daemonSetsPath(ns), daemonSet("a")],
    [account, "GET", (ns) => leasesPath(ns, leaseName)],
    [account, "GET", () => "/api/v1/nodes"],
  ]),
];

clusterTest("permissions: what is not granted is answered with 403", async (cluster) => {
  await using namespace = await cluster.namespace("forbidden");
  await using other = await cluster.namespace("other");
  using as = await Accounts.of(cluster, namespace);
  const { ns } = as;
  const { body: owner } = await as.call("editor", "POST", fileIntegritiesPath(ns), {
    body: fileIntegrity("fi"),
  });
  const made = await as.call("operator", "POST", nodeStatusesPath(ns), {
    body: unreported(owner, "node-a"),
  });
  assertEquals(made.code, 201, made.body.message);

  const allowed: string[] = [];
  for (const [account, method, path, body] of forbidden) {
    const place = path(ns, other.name);
    const answer = await as.call(account, method, place, body === undefined ? {} : { body });
    if (answer.code !== 403 || answer.body.reason !== "Forbidden") {
      allowed.push(`${account}: ${method} ${place}: ${answer.code} ${answer.body.message}`);
    }
  }
  assertEquals(allowed, []);
});

clusterTest("permissions: an apply makes an object only for who may create it", async (cluster) => {
  await using namespace = await cluster.namespace("apply");
  using as = await Accounts.of(cluster, namespace);
  const body = {
    apiVersion: "fileintegrity.openshift.io/v1alpha1",
    kind: "FileIntegrityNodeStatus",
    metadata: { name: "fi-elsewhere" },
    nodeName: "elsewhere",
  };
  const path = `${nodeStatusesPath(as.ns, "fi-elsewhere")}?fieldManager=daemon`;
  const answer = await as.call("daemon", "PATCH", path, { body, type: applyType });
  assertEquals(answer.code, 403);
  assertStringIncludes(answer.body.message, "cannot create resource");
});
