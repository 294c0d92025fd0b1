/** What becomes of what was installed: the steps that manifests/README.md names, on the existing operator's own objects. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type Manifest, namespacedManifests, readManifests } from "../../cluster/manifests.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { userBlocks } from "../../docs/document.ts";
import { sessionOf } from "../../docs/session.ts";
import { oldAccess, oldDaemonSet, oldDeployment } from "./old_objects.ts";

const root = new URL("../../../", import.meta.url);

// deno-lint-ignore no-explicit-any
type Any = any;

/** kubectl in a namespace that has nothing but what the test puts there. */
class Place implements AsyncDisposable {
  private constructor(readonly cluster: TestCluster, readonly name: string) {}

  static async make(cluster: TestCluster): Promise<Place> {
    const place = new Place(cluster, `moving-${crypto.randomUUID().slice(0, 8)}`);
    await place.run(["create", "namespace", place.name]);
    return place;
  }

  async run(args: string[], objects?: readonly unknown[]): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.kubectl(args, {
      namespace: this.name,
      ...objects !== undefined && {
        stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
      },
    });
    assertEquals(code, 0, stderr);
    return stdout;
  }

  async get(kind: string, name: string): Promise<Any> {
    return JSON.parse(await this.run(["get", kind, name, "-o", "json"]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run(["delete", "namespace", this.name, "--wait=false"]);
  }
}

/** The Deployment of ours, without pods: there is no image. */
async function ownDeployment(namespace: string): Promise<Any> {
  const found = (await readManifests()).find(({ kind }) => kind === "Deployment");
  const deployment: Any = structuredClone(found);
  deployment.metadata.namespace = namespace;
  deployment.spec.replicas = 0;
  return deployment;
}

clusterTest(
  "moving over: the Deployment is ours alone, however the other one came",
  async (cluster) => {
    await using place = await Place.make(cluster);
    const ours = await ownDeployment(place.name);
    const name = "deployment/file-integrity-operator";
    const spec = async (): Promise<Any> =>
      (await place.get("deployment", "file-integrity-operator")).spec;
    await place.run(["apply", "-f", "-"], [ours]);
    const fresh = await spec();
    for (
      const [how, container] of [
        [["apply"], "file-integrity-operator"],
        [["apply", "--server-side", "--field-manager=other"], "manager"],
        [["create"], "manager"], // as OLM does
      ] as const
    ) {
      await place.run(["delete", name, "--cascade=foreground"]);
      await place.run([...how, "-f", "-"], [oldDeployment(place.name, container)]);
      await place.run(["delete", name, "--cascade=foreground"]); // the step
      await place.run(["apply", "-f", "-"], [ours]);
      assertEquals(await spec(), fresh, how.join(" "));
    }
    // Why it is a step: what kubectl has not applied itself stays, another program among it.
    await place.run(["delete", name, "--cascade=foreground"]);
    await place.run(["create", "-f", "-"], [oldDeployment(place.name, "manager")]);
    await place.run(["apply", "-f", "-"], [ours]);
    const merged = await spec();
    assertNotEquals(merged, fresh);
    assertEquals(merged.template.spec.containers.length, 2);
  },
);

clusterTest("moving over: the accounts lose the rights that ours do not have", async (cluster) => {
  await using place = await Place.make(cluster);
  await place.run(["create", "-f", "-"], oldAccess(place.name));
  const may = async (account: string, verb: string, resource: string): Promise<boolean> => {
    const user = `system:serviceaccount:${place.name}:file-integrity-${account}`;
    const { stdout } = await cluster.kubectl(
      ["auth", "can-i", verb, resource, `--as=${user}`],
      { namespace: place.name },
    );
    return stdout.trim() === "yes";
  };
  const lost: [string, string, string][] = [
    ["operator", "get", "secrets"],
    ["operator", "delete", "pods"],
    ["daemon", "watch", "fileintegrities.fileintegrity.openshift.io"],
  ];
  const until = async (what: boolean): Promise<void> => {
    const end = performance.now() + 180_000;
    for (const question of lost) {
      while (await may(...question) !== what) {
        assert(performance.now() < end, `${question.join(" ")} is not ${what}`);
      }
    }
  };
  await until(true);
  const access = namespacedManifests(await readManifests(), place.name)
    .filter(({ kind }: Manifest) => kind !== "Namespace" && !kind.startsWith("Cluster"));
  await place.run(["apply", "-f", "-"], access);
  await until(false);
  assert(await may("operator", "patch", "daemonsets"));
  // What is not ours yet, and serves nobody: it stays until somebody removes it.
  await place.get("service", "metrics");
});

clusterTest("moving back: no account, role or policy of ours is in the way", async (cluster) => {
  await using place = await Place.make(cluster);
  const access = namespacedManifests(await readManifests(), place.name)
    .filter(({ kind }: Manifest) => kind !== "Namespace" && !kind.startsWith("Cluster"));
  await place.run(["apply", "-f", "-"], [...access, await ownDeployment(place.name)]);
  await place.run(["delete", "deployment/file-integrity-operator", "--cascade=foreground"]);
  await place.run(["apply", "-f", "-"], [...oldAccess(place.name), oldDeployment(place.name)]);
  const { rules } = await place.get("role", "file-integrity-daemon");
  const [, old]: Any[] = oldAccess(place.name);
  assertEquals(rules, old.rules);
  const { spec } = await place.get("deployment", "file-integrity-operator");
  assertEquals(spec.template.spec.containers.length, 1);
  assertEquals(spec.template.spec.containers[0].command, ["file-integrity-operator"]);
  // Its daemons make other ConfigMaps than ours may: the policy would refuse them, and is to go.
  const policies = (await readManifests()).filter(({ kind }) => /^ValidatingAdmission/.test(kind));
  assertEquals(
    policies.map(({ metadata }) => metadata.name),
    ["file-integrity-daemon", "file-integrity-daemon"],
  );
});

/** The commands of the documents' section, in its order, without their comments. */
async function documentedSteps(): Promise<string[]> {
  const blocks = (await userBlocks()).filter(({ section }) => section.startsWith("Moving over"));
  return blocks.flatMap(sessionOf).map(({ command }) => command.replace(/^kubectl /, ""));
}

clusterTest(
  "moving over: the documented steps, there and back, are what it says",
  async (cluster) => {
    await using place = await Place.make(cluster);
    const owner = { name: "worker", namespace: place.name, uid: "1", nodeSelector: { nobody: "" } };
    const daemonSet = oldDaemonSet(owner);
    delete daemonSet.metadata.ownerReferences;
    const steps = await documentedSteps();
    assertEquals(steps.length, 6);
    await place.run(["create", "-f", "-"], [oldDeployment(place.name), daemonSet]);
    for (const [at, step] of steps.entries()) {
      const args = step.replace("openshift-file-integrity", place.name)
        .replace("-k manifests", `-k ${root.pathname}manifests`).split(" ");
      if (/apply|admissionpolicy/.test(step)) { // what is not in the namespace is others' as well
        const { code, stderr } = await cluster.kubectl([...args, "--dry-run=server"]);
        assertEquals(code, 0, stderr);
      } else await place.run(args);
      if (at === 0) {
        assertEquals(await place.run(["get", "deployment", "-o", "name"]), "");
        await place.run(["create", "-f", "-"], [await ownDeployment(place.name)]);
      }
    }
    assertEquals(await place.run(["get", "deployment,daemonset", "-o", "name"]), "");
  },
);
