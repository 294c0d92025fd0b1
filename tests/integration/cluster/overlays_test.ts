/** What each kustomization installs, on a cluster with the kinds of OpenShift and cert-manager and nothing of ours. */

import { assert, assertEquals } from "@std/assert";
import { parse, parseAll } from "@std/yaml";
import { effectiveSpec } from "../../../src/api/effective.ts";
import { validateFileIntegrity } from "../../../src/api/validate.ts";
import { serviceMonitorSpec } from "../../../src/plan/service_monitor.ts";
import { manifestNamespace as namespaceOfManifests } from "../../cluster/manifests.ts";
import { untilServed } from "../../cluster/served_definitions.ts";
import { clusterTest, type TestCluster } from "../../cluster/test_cluster.ts";
import { inventory } from "./inventory.ts";
import { ownControlPlane } from "./own_control_plane.ts";
import { usersKustomization, usersNamespace as namespace } from "./users_kustomization.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const root = new URL("../../../", import.meta.url).pathname;

/** kubectl as admin; throws where it fails, and where it warns. */
async function run(cluster: TestCluster, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

const built = async (cluster: TestCluster, directory: string): Promise<Any[]> =>
  parseAll(await run(cluster, ["kustomize", directory])) as Any[];

const named = ({ kind, metadata }: Any): string => `${kind} ${metadata.name}`;

/** Where an overlay is, and which definitions of others it needs. */
interface Overlay {
  path: string;
  definitions: string[];
}

const overlays: Overlay[] = [
  { path: "manifests", definitions: [] },
  {
    path: "manifests/openshift",
    definitions: ["securitycontextconstraints", "consoleyamlsamples", "consolelinks"]
      .map((name) => `openshift/${name}`),
  },
  {
    path: "manifests/cert-manager",
    definitions: ["cert-manager/certificates", "cert-manager/issuers"],
  },
];

/** The lines that `manifests/cert-manager/Kustomization` has a user write for another namespace. */
async function replacements(): Promise<Any> {
  const text = await Deno.readTextFile(`${root}manifests/cert-manager/Kustomization`);
  const [lines = ""] = /^# {3}replacements:\n(# {3}.*\n)+/m.exec(text) ?? [];
  return parse(lines.replaceAll(/^# {3}/gm, ""));
}

async function define(cluster: TestCluster, { definitions }: Overlay): Promise<void> {
  for (const name of definitions) {
    const file = `${root}tests/samples/${name}.yaml`;
    await run(cluster, ["create", "-f", file]);
    const crd = parse(await Deno.readTextFile(file)) as Any;
    await untilServed((args) => cluster.kubectl(args), [crd.metadata.name]);
  }
}

const lines = (output: string): string[] => output.trim().split("\n").sort();

/** What `kubectl apply` did to each object but those that it left as they were. */
async function applied(cluster: TestCluster, directory: string): Promise<string[]> {
  const output = await run(cluster, ["apply", "--validate=strict", "-k", directory]);
  return lines(output).filter((line) => !line.endsWith(" unchanged"));
}

/** Uninstalls, and gives what is left that was not there before. */
async function left(
  cluster: TestCluster,
  before: readonly string[],
  directory: string,
): Promise<string[]> {
  await run(cluster, ["delete", "-k", directory, "--ignore-not-found"]);
  return (await inventory(cluster)).filter((name) => !before.includes(name));
}

clusterTest("install: each kustomization, again, upgraded and uninstalled", async (besides) => {
  await using plane = await ownControlPlane(besides, { bare: true });
  const { cluster } = plane;
  for (const overlay of overlays) await define(cluster, overlay);
  const before = await inventory(cluster);
  const everywhere = (await built(cluster, `${root}manifests`)).map(named);
  for (const { path } of overlays) {
    const directory = `${root}${path}`;
    const objects = (await built(cluster, directory)).map(named);
    assertEquals(everywhere.filter((name) => !objects.includes(name)), [], path);

    const created = await applied(cluster, directory);
    assertEquals(created.filter((line) => !line.endsWith(" created")), [], path);
    assertEquals(created.length, objects.length);
    assertEquals(await applied(cluster, directory), [], path);

    // The next version: another image, and nothing that can't be changed in place.
    await using next = await usersKustomization(path, (one) => delete one.namespace);
    assertEquals(
      await applied(cluster, next.directory),
      ["deployment.apps/file-integrity-operator configured"],
    );
    assertEquals(await left(cluster, before, directory), [], path);
  }
});

clusterTest("install: each kustomization, with another image and namespace", async (besides) => {
  await using plane = await ownControlPlane(besides, { bare: true });
  const { cluster } = plane;
  for (const overlay of overlays) await define(cluster, overlay);
  const before = await inventory(cluster);
  for (const { path } of overlays) {
    const withCertificate = path === "manifests/cert-manager" ? await replacements() : {};
    await using users = await usersKustomization(
      path,
      (one) => Object.assign(one, withCertificate),
    );
    const text = await run(cluster, ["kustomize", users.directory]);
    const objects = parseAll(text) as Any[];
    const of = (kind: string): Any => objects.find((one) => one.kind === kind);

    const { image, env } = of("Deployment").spec.template.spec.containers[0];
    assertEquals(image, "registry.example/security/file-integrity-operator:0.1.0");
    // The daemons run the image that the operator runs.
    assertEquals(env.find(({ name }: Any) => name === "RELATED_IMAGE_OPERATOR").value, image);

    // The old name is in what users are shown alone.
    const elsewhere = objects.filter((one) => JSON.stringify(one).includes(namespaceOfManifests));
    assertEquals(
      elsewhere.map(named),
      path === "manifests/openshift" ? ["ConsoleYAMLSample file-integrity-own-policy"] : [],
    );
    assertEquals(of("Namespace").metadata.name, namespace);
    const subjects = objects.flatMap(({ subjects = [] }) => subjects);
    const foreign = subjects.filter((subject) => subject.namespace !== namespace);
    assertEquals(
      foreign.map(({ namespace, name }) => `${namespace}/${name}`),
      path === "manifests/openshift" ? ["openshift-monitoring/prometheus-k8s"] : [],
    );

    const created = await applied(cluster, users.directory);
    assertEquals(created.filter((line) => !line.endsWith(" created")), [], path);
    assertEquals(await applied(cluster, users.directory), [], path);
    const there = async (name: string): Promise<Any> =>
      JSON.parse(await run(cluster, ["get", name, "-n", namespace, "-o", "json"]));
    if (path === "manifests/cert-manager") {
      const { spec } = await there("certificate/file-integrity-operator-serving-cert");
      const { tlsConfig } = serviceMonitorSpec({
        ...{ namespace, hasCertificateAuthority: true, plainMetrics: false },
      }).endpoints[0] ?? {};
      assertEquals(spec.dnsNames, [tlsConfig?.serverName]);
      const volume = of("Deployment").spec.template.spec.volumes.find(({ secret }: Any) => secret);
      assertEquals(spec.secretName, volume.secret.secretName);
    }
    if (path === "manifests/openshift") {
      const { spec } = await there("consolelink/file-integrity-documentation");
      assertEquals(
        spec.namespaceDashboard.namespaceSelector.matchLabels,
        { "kubernetes.io/metadata.name": namespace },
      );
    }
    assertEquals(await left(cluster, before, users.directory), [], path);
  }
});

Deno.test("install: the samples of the console are good as they are", async () => {
  const text = await Deno.readTextFile(`${root}manifests/openshift/console.yaml`);
  const samples = (parseAll(text) as Any[]).filter(({ kind }) => kind === "ConsoleYAMLSample");
  assertEquals(samples.length, 3);
  for (const { spec: { yaml, targetResource } } of samples) {
    const sample = parse(yaml) as Any;
    const { faults, object } = validateFileIntegrity(sample);
    assertEquals(faults, []);
    assert(object !== undefined);
    assertEquals(effectiveSpec(object).adjustments, []);
    assertEquals(targetResource, { apiVersion: sample.apiVersion, kind: sample.kind });
  }
});
