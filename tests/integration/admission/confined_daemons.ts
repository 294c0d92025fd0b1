/** Daemons on two nodes, with every right that a role can give: what they are refused, the policy refuses. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import { failureConfigMapName, ownership } from "../../../src/api/names.ts";
import { clusterTest, type TestCluster, type TestNamespace } from "../../cluster/test_cluster.ts";
import {
  type Answer,
  type ApiCaller,
  apiCaller,
  type CallOptions,
  configMapsPath,
} from "../api/api_caller.ts";
import { createFileIntegrity, logOwner, makeNodeStatus } from "../api/test_objects.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** The nodes: the daemon on the first one is looked at, the other's objects are what it is not to reach. */
export const [own, others] = ["confined-a", "confined-b"] as const;

/** What a test has. */
export interface ConfinedDaemons {
  cluster: TestCluster;
  namespace: TestNamespace;
  /** Name of the namespace. */
  ns: string;
  operator: ApiCaller;
  /** On node `own`. */
  daemon: ApiCaller;
  /** On node `others`. */
  other: ApiCaller;
  /** "fi", with a node status for each node. */
  fi: FileIntegrity;
}

/** A call that the policy allows, or refuses with a message. */
export interface PolicyCase {
  /** What it shows, and what fails when a rule is gone. */
  name: string;
  method: string;
  path: string;
  call?: CallOptions;
  /** Part of the message that refuses; absent where it is allowed. */
  refused?: string;
}

/** Calls until an answer is as wanted: what was written takes a moment to have an effect. */
export async function settled(
  ask: () => Promise<Answer>,
  wanted: (answer: Answer) => boolean,
): Promise<void> {
  const deadline = performance.now() + 180_000;
  for (let answer = await ask(); !wanted(answer); answer = await ask()) {
    assert(performance.now() < deadline, `It does not come into effect: ${answer.body.message}`);
  }
}

/** Gives the daemons of a namespace all rights, there and everywhere, until the end. */
async function allRights(
  cluster: TestCluster,
  { name: namespace }: TestNamespace,
): Promise<AsyncDisposable> {
  const name = `all-rights-${namespace}`;
  const args = ["create", "clusterrolebinding", name, "--clusterrole=cluster-admin"];
  const account = `--serviceaccount=${namespace}:file-integrity-daemon`;
  const { code, stderr } = await cluster.kubectl([...args, account]);
  assertEquals(code, 0, stderr);
  return {
    [Symbol.asyncDispose]: async () => {
      await cluster.kubectl(["delete", "clusterrolebinding", name]);
    },
  };
}

const mayEverything = {
  apiVersion: "authorization.k8s.io/v1",
  kind: "SelfSubjectAccessReview",
  spec: { resourceAttributes: { verb: "*", group: "*", resource: "*" } },
};

/** A test with two daemons, each bound to its node. */
export function confinedTest(name: string, run: (parts: ConfinedDaemons) => Promise<void>): void {
  clusterTest(name, async (cluster) => {
    await using namespace = await cluster.namespace("confined");
    await using _rights = await allRights(cluster, namespace);
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    using daemon = await apiCaller(cluster, namespace, "daemon", own);
    using other = await apiCaller(cluster, namespace, "daemon", others);
    const fi = await createFileIntegrity(editor, namespace.name, "fi");
    await makeNodeStatus(operator, fi, own);
    await makeNodeStatus(operator, fi, others);
    const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    await settled(
      () => daemon.call("POST", reviews, { body: mayEverything }),
      ({ body }) => body.status?.allowed === true,
    );
    await settled(
      () => daemon.call("POST", `${configMapsPath(namespace.name)}?dryRun=All`, { body: plain() }),
      ({ body }) => body.message?.includes("ValidatingAdmissionPolicy 'file-integrity-daemon'"),
    );
    await run({ cluster, namespace, ns: namespace.name, operator, daemon, other, fi });
  });
}

/** Makes the calls in order; each is to be answered as its case says. */
export async function assertCases(caller: ApiCaller, cases: readonly PolicyCase[]): Promise<void> {
  for (const { name, method, path, call, refused } of cases) {
    const { code, body } = await caller.call(method, path, call);
    const said = `${name}: ${code} ${body.message ?? ""}`;
    if (refused === undefined) assert([200, 201].includes(code), said);
    else {
      assertEquals([code, body.reason], [403, "Forbidden"], said);
      assertStringIncludes(body.message, "ValidatingAdmissionPolicy 'file-integrity-daemon'", said);
      assertStringIncludes(body.message, `denied request: ${refused}`, said);
    }
  }
}

/** A ConfigMap of nobody. */
function plain(): unknown {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "any" }, data: {} };
}

/** The log of node `own` for `fi`, as small as it may be, with changes to it. */
export function ownLog(fi: FileIntegrity, change: (log: Any) => void = () => {}): Any {
  const log = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: failureConfigMapName(fi.metadata.name, own),
      ...ownership(fi.metadata.name, own),
      ownerReferences: [logOwner(fi)],
    },
    data: { integritylog: "changed" },
  };
  change(log);
  return log;
}

/** Makes an object as the cluster's admin. */
export async function makeAsAdmin(
  { cluster, ns }: ConfinedDaemons,
  object: unknown,
): Promise<void> {
  const { code, stderr } = await cluster.kubectl(["create", "-f", "-"], {
    stdin: JSON.stringify(object),
    namespace: ns,
  });
  assertEquals(code, 0, stderr);
}
