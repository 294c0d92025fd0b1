import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { kubeconfigConnection } from "../../../src/kube/kubeconfig.ts";
import { KubeClient } from "../../../src/kube/kube_client.ts";
import { KubeError } from "../../../src/kube/kube_error.ts";
import { resources } from "../../../src/kube/resource.ts";
import { type AdmissionState, admissionState } from "../../../src/operator/admission_state.ts";
import { readManifests } from "../../cluster/manifests.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { FaultProxy } from "../fault_proxy.ts";
import type { Effect } from "../faults.ts";
import { own } from "./confined_daemons.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const kinds = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"] as const;

function assertState(
  found: AdmissionState,
  state: AdmissionState["state"],
  ...texts: string[]
): void {
  assertEquals(found.state, state, JSON.stringify(found));
  for (const text of texts) assertStringIncludes("message" in found ? found.message : "", text);
}

clusterTest(
  "admission: the operator sees with its own account that the policy is in force",
  async (cluster) => {
    await using namespace = await cluster.namespace("admission");
    await using proxy = await FaultProxy.start(cluster);
    for (const node of [own, undefined]) { // in a pod, and elsewhere
      const connection = proxy.connection(await namespace.token("operator", node));
      // Looking is no write: whoever does not lead may look.
      const guard = (): never => {
        throw new Error("A write was sent");
      };
      using api = new KubeClient(connection, { guard });
      assertEquals(await admissionState(api), { state: "in-force" });
    }
  },
);

/** The policy and its binding under another name and for no request; deleted in the end. */
class Copy implements AsyncDisposable {
  readonly name = `copy-${crypto.randomUUID().slice(0, 8)}`;
  readonly #objects: Any[] = [];

  private constructor(readonly cluster: TestCluster) {}

  static async of(cluster: TestCluster): Promise<Copy> {
    const copy = new Copy(cluster);
    const manifests = await readManifests();
    for (const kind of kinds) {
      const object = structuredClone(manifests.find((one) => one.kind === kind)) as Any;
      object.metadata.name = copy.name;
      copy.#objects.push(object);
    }
    const [policy, binding] = copy.#objects;
    policy.spec.matchConditions = [{ name: "never", expression: "false" }];
    binding.spec.policyName = copy.name;
    return copy;
  }

  /** Puts policy and binding into the cluster, changed. */
  async put(change: (policy: Any, binding: Any) => void = () => {}): Promise<void> {
    const [policy, binding] = structuredClone(this.#objects);
    change(policy.spec, binding.spec);
    for (const object of [policy, binding]) {
      const args = ["apply", "--server-side", "-f", "-"];
      const { code, stderr } = await this.cluster.kubectl(args, { stdin: JSON.stringify(object) });
      assertEquals(code, 0, stderr);
    }
  }

  async remove(kind: string): Promise<void> {
    await this.cluster.kubectl(["delete", kind, this.name, "--ignore-not-found"]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const kind of kinds) await this.remove(kind);
  }
}

clusterTest("admission: a policy that is not there, or not whole, is missing", async (cluster) => {
  using api = new KubeClient(await kubeconfigConnection({ path: cluster.adminKubeconfig }));
  await using copy = await Copy.of(cluster);
  const { name: policy } = copy;
  const look = (): Promise<AdmissionState> => admissionState(api, { policy });
  const remedy = "a daemon can write for every node: apply manifests/base/admission.yaml";

  assertState(await look(), "missing", `There is no ValidatingAdmissionPolicy "${policy}"`, remedy);
  await copy.put();
  assertEquals(await look(), { state: "in-force" });
  await copy.remove("ValidatingAdmissionPolicyBinding");
  assertState(
    await look(),
    "missing",
    `There is no ValidatingAdmissionPolicyBinding "${policy}"`,
    remedy,
  );

  const selector = { matchLabels: { a: "b" } };
  const events = [{
    ...{ apiGroups: [""], apiVersions: ["v1"], resources: ["events"], operations: ["*"] },
  }];
  const changes: [(policy: Any, binding: Any) => void, string][] = [
    [(policy) => policy.failurePolicy = "Ignore", "lets pass what it can't judge"],
    [(policy) => policy.matchConstraints.namespaceSelector = selector, "leaves something out"],
    [(policy) => policy.matchConstraints.objectSelector = selector, "leaves something out"],
    [(policy) => policy.matchConstraints.excludeResourceRules = events, "leaves something out"],
    [(policy) => {
      delete policy.validations;
      policy.auditAnnotations = [{ key: "a", valueExpression: "'b'" }];
    }, "leaves something out"],
    [(_, binding) => binding.policyName = "other", "is not for the policy of that name"],
    [(_, binding) => binding.validationActions = ["Audit"], "does not deny anything"],
    [(_, binding) => binding.matchResources = { namespaceSelector: selector }, "leaves something"],
    [(_, binding) => binding.matchResources = { resourceRules: events }, "leaves something out"],
  ];
  for (const [change, text] of changes) {
    await copy.put(change);
    assertState(await look(), "missing", text, remedy);
    await copy.put();
    assertEquals(await look(), { state: "in-force" });
  }
});

clusterTest("admission: a policy that does not fit the API server is missing", async (cluster) => {
  using api = new KubeClient(await kubeconfigConnection({ path: cluster.adminKubeconfig }));
  await using copy = await Copy.of(cluster);
  await copy.put((policy) => policy.validations[0].expression = "object.metadata.nothing == ''");
  const deadline = performance.now() + 180_000;
  let found;
  do { // kube-controller-manager checks the types
    found = await admissionState(api, { policy: copy.name });
    assert(performance.now() < deadline, "The types are not checked");
  } while (found.state === "in-force");
  assertState(found, "missing", "spec.validations[0].expression", "undefined field 'nothing'");
});

clusterTest("admission: the policy as it is has no warnings", async (cluster) => {
  using api = new KubeClient(await kubeconfigConnection({ path: cluster.adminKubeconfig }));
  const deadline = performance.now() + 180_000;
  while (true) {
    const name = "file-integrity-daemon";
    const policy = await api.get(resources.validatingAdmissionPolicies, { name });
    const { typeChecking, observedGeneration } = policy.status ?? {};
    if (observedGeneration === policy.metadata.generation) {
      assertEquals(typeChecking, {});
      return;
    }
    assert(performance.now() < deadline, "The types are not checked");
  }
});

clusterTest("admission: what the operator may not see is unknown", async (cluster) => {
  await using namespace = await cluster.namespace("admission");
  await using proxy = await FaultProxy.start(cluster);
  using api = new KubeClient(proxy.connection(await namespace.token("operator")));
  assertState(
    await admissionState(api, { policy: "other" }),
    "unknown",
    'may not get the ValidatingAdmissionPolicy "other"',
    "apply manifests/rbac/operator.yaml",
  );
});

clusterTest("admission: an API server that can't do it is told", async (cluster) => {
  await using namespace = await cluster.namespace("admission");
  await using proxy = await FaultProxy.start(cluster);
  using api = new KubeClient(proxy.connection(await namespace.token("operator")));
  const looked = async (path: RegExp, fault: Effect): Promise<AdmissionState> => {
    proxy.inject({ path }, fault);
    return await admissionState(api);
  };
  const unknownPath = { do: "answer", code: 404, body: "404 page not found\n" } as const;
  for (const path of [/validatingadmissionpolicies/, /validatingadmissionpolicybindings/]) {
    const state = await looked(path, unknownPath);
    assertState(
      state,
      "unsupported",
      "use Kubernetes 1.30 or newer, then apply manifests/base/admission",
    );
  }
  const review = (extra: unknown): Effect => ({
    ...{ do: "answer", code: 201, headers: { "content-type": "application/json" } },
    body: JSON.stringify({ kind: "SelfSubjectReview", status: { userInfo: { extra } } }),
  });
  const reviews = /selfsubjectreviews/;
  const podName = { "authentication.kubernetes.io/pod-name": ["operator-1"] };
  assertState(
    await looked(reviews, review(podName)),
    "unsupported",
    "it refuses every result and log",
    "ServiceAccountTokenPodNodeInfo",
  );
  assertState(await looked(reviews, review({})), "in-force"); // not a pod's token
  assertState(await looked(reviews, unknownPath), "in-force"); // nobody says
  const gibberish: Effect = { do: "answer", code: 200, body: "{}" };
  await assertRejects(() => looked(reviews, gibberish), KubeError, "the answer is no SelfSubject");
});

clusterTest("admission: an API server that can't be asked is no state", async (cluster) => {
  await using proxy = await FaultProxy.start(cluster);
  using api = new KubeClient(proxy.connection("no token"));
  const error = await assertRejects(() => admissionState(api), KubeError);
  assertEquals(error.kind, "unauthorized");
  const signal = AbortSignal.abort(new DOMException("The test is over", "AbortError"));
  await assertRejects(() => admissionState(api, { signal }), DOMException, "The test is over");
});
