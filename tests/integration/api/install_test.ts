import { assert, assertEquals } from "@std/assert";
import { parseAll, stringify } from "@std/yaml";
import { readManifests } from "../../cluster/manifests.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";

const root = new URL("../../../", import.meta.url).pathname;

// deno-lint-ignore no-explicit-any
type Any = any;

/** What kustomize makes of a directory. */
async function built(cluster: TestCluster, directory: string): Promise<Any[]> {
  const { code, stdout, stderr } = await cluster.kubectl(["kustomize", directory]);
  assertEquals(code, 0, stderr);
  return parseAll(stdout) as Any[];
}

const named = ({ kind, metadata }: Any): string => `${kind} ${metadata.name}`;
const deploymentOf = (objects: Any[]): Any => objects.find(({ kind }) => kind === "Deployment");
const yaml = (objects: Any[]): string => objects.map((one) => stringify(one)).join("---\n");

clusterTest("install: one kustomization takes all there is, and again", async (cluster) => {
  const objects = await built(cluster, `${root}manifests`);
  const files = [...await readManifests(), ...await readManifests(`${root}crds`)];
  assertEquals(objects.map(named).sort(), files.map(named).sort()); // the sample stays apart
  deploymentOf(objects).spec.replicas = 0; // there is no image
  const all = yaml(objects);
  for (let times = 0; times < 2; times++) {
    const { code, stderr } = await cluster.kubectl(["apply", "-f", "-"], { stdin: all });
    assertEquals(code, 0, stderr);
  }
});

clusterTest("install: the files by themselves are to be applied as well", async (cluster) => {
  const paths = ["crds", "manifests/base", "manifests/rbac"].map((path) => `${root}${path}`);
  const args = ["apply", "--dry-run=server", ...paths.flatMap((path) => ["-f", path])];
  const { code, stderr } = await cluster.kubectl(args);
  assertEquals(code, 0, stderr);
});

clusterTest("install: a kustomization on top changes image and namespace", async (cluster) => {
  await using namespace = await cluster.namespace("install");
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "overlay-" }));
  try {
    const up = "../".repeat(directory.split("/").length - 1);
    const image = { name: "file-integrity-operator", newName: "registry.example/a", newTag: "1" };
    const overlay = {
      resources: [`${up}${(await Deno.realPath(root)).slice(1)}/manifests`],
      namespace: namespace.name,
      images: [image],
    };
    await Deno.writeTextFile(`${directory}/kustomization.yaml`, stringify(overlay));
    const objects = await built(cluster, directory);

    const [container] = deploymentOf(objects).spec.template.spec.containers;
    assertEquals(container.image, "registry.example/a:1");
    // The daemons run the image that the operator runs.
    const related = container.env.find(({ name }: Any) => name === "RELATED_IMAGE_OPERATOR");
    assertEquals(related.value, container.image);

    const namespaces = objects.flatMap(({ kind, metadata, subjects = [] }) => [
      ...kind === "Namespace" ? [metadata.name] : [],
      ...subjects.map((subject: Any) => subject.namespace),
      ...metadata.namespace === undefined ? [] : [metadata.namespace],
    ]);
    assertEquals([...new Set(namespaces)], [namespace.name]);

    const stdin = yaml(objects);
    const { code, stderr } = await cluster.kubectl(["apply", "--dry-run=server", "-f", "-"], {
      stdin,
    });
    assertEquals(code, 0, stderr);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

clusterTest(
  "install: the operator's pod is admitted where pods are restricted",
  async (cluster) => {
    await using namespace = await cluster.namespace("restricted");
    const levels = ["enforce", "warn"].map((mode) =>
      `pod-security.kubernetes.io/${mode}=restricted`
    );
    const labelled = await cluster.kubectl(["label", "namespace", namespace.name, ...levels]);
    assertEquals(labelled.code, 0, labelled.stderr);
    const deployment = deploymentOf(await readManifests());
    const { template: { metadata: { labels }, spec } } = deployment.spec;
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "operator", labels }, spec };
    const create = async (object: unknown): Promise<{ code: number; stderr: string }> =>
      await cluster.kubectl(["create", "--dry-run=server", "-f", "-"], {
        stdin: JSON.stringify(object),
        namespace: namespace.name,
      });
    for (const object of [pod, { ...deployment, metadata: { name: deployment.metadata.name } }]) {
      const { code, stderr } = await create(object);
      assertEquals([code, stderr], [0, ""]);
    }
    // Without this refusal nothing was asked.
    const root = { ...pod, spec: { ...spec, securityContext: { runAsUser: 0 } } };
    const refused = await create(root);
    assert(refused.stderr.includes("violates PodSecurity"), refused.stderr);
  },
);
