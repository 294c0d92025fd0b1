import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { differingBundleFiles, writeBundle } from "../../src/build/olm_bundle.ts";
import { bundleFiles, placeholderImage } from "../../src/build/olm/bundle_files.ts";
import { bundleVersion } from "../../src/build/olm/bundle_version.ts";
import { type Manifest, manifestNamespace, readManifests } from "../cluster/manifests.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const files = await bundleFiles();
const objects = files.filter(({ name }) => name.startsWith("manifests/"))
  .map(({ text }) => parse(text) as Any);
const of = (kind: string): Any[] => objects.filter((one) => one.kind === kind);
const [csv] = of("ClusterServiceVersion");
const manifests = await readManifests();

Deno.test("manifests/bundle is what the manifests say", async () => {
  assertEquals(await differingBundleFiles(files), []);
});

Deno.test("a file of the bundle that differs, is missing, or is one too many, is named", async () => {
  const directory = await Deno.makeTempDir();
  const folder = new URL(`file://${directory}/`);
  try {
    assertEquals(await differingBundleFiles(files, folder), files.map(({ name }) => name));
    await writeBundle(files, folder);
    assertEquals(await differingBundleFiles(files, folder), []);
    const [first, second] = files;
    assert(first !== undefined && second !== undefined);
    await Deno.writeTextFile(new URL(first.name, folder), `${first.text} `);
    await Deno.remove(new URL(second.name, folder));
    await Deno.writeTextFile(new URL("manifests/other.yaml", folder), "");
    assertEquals(
      await differingBundleFiles(files, folder),
      [first.name, second.name, "manifests/other.yaml"],
    );
    await writeBundle(files, folder); // another bundle leaves nothing
    assertEquals(await differingBundleFiles(files, folder), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("bundle: the image is everywhere the one that is given", async () => {
  const image = "registry.example/security/fio@sha256:0123";
  const given = await bundleFiles(image);
  const texts = given.map(({ text }) => text).join("\n");
  assertEquals(texts.split(image).length - 1, 4);
  assert(!texts.includes(placeholderImage));
  const [{ spec }] = csv.spec.install.spec.deployments;
  const [container] = spec.template.spec.containers;
  const related = container.env.find(({ name }: Any) => name === "RELATED_IMAGE_OPERATOR");
  assertEquals(
    [container.image, related.value, csv.metadata.annotations.containerImage],
    Array(3).fill(placeholderImage),
  );
  assertEquals(csv.spec.relatedImages, [{ name: "operator", image: placeholderImage }]);
});

Deno.test("bundle: versions go up, beyond those of the existing operator", () => {
  const programs = ["0.1.0", "0.2.0", "0.10.0", "1.4.0", "1.5.0", "2.0.0", "2.0.1", "10.0.0"];
  const numbers = (version: string): number[] => {
    const [release = "", early] = version.split("-");
    // An early version comes before the version itself.
    const last = early === undefined ? [1] : [0, ...early.split(".").map(Number)];
    return [...release.split(".").map(Number), ...last];
  };
  const versions = programs.map(bundleVersion);
  const compare = (a: string, b: string): number => {
    const [one, other] = [numbers(a), numbers(b)];
    const at = one.findIndex((number, place) => number !== (other[place] ?? -1));
    return at < 0 ? 0 : (one[at] ?? 0) - (other[at] ?? -1);
  };
  assertEquals(versions.toSorted(compare), versions);
  assertEquals(versions.filter((version) => compare(version, "1.99.99") <= 0), []);
  assertEquals(csv.metadata.name, `file-integrity-operator.v${csv.spec.version}`);
  assertEquals(csv.metadata.annotations["olm.skipRange"], `>=1.0.0 <${csv.spec.version}`);
  assertEquals(csv.spec.replaces, "file-integrity-operator.v1.4.0");
});

/** What a role gives, one verb on one thing a line. */
function single(rules: Any[]): string[] {
  return rules.flatMap((
    { verbs, apiGroups = [""], resources = [], resourceNames = [""], ...others },
  ) =>
    verbs.flatMap((verb: string) => [
      ...(others.nonResourceURLs ?? []).map((path: string) => `${verb} ${path}`),
      ...resources.flatMap((resource: string) =>
        apiGroups.flatMap((group: string) =>
          resourceNames.map((name: string) => `${verb} ${resource}.${group} ${name}`)
        )
      ),
    ])
  ).sort();
}

Deno.test("bundle: accounts may do what the manifests let them, and the daemon use its constraints", () => {
  const granted = (account: string, kind: string): string[] =>
    single(
      manifests.filter((one) =>
        one.kind === kind && one.subjects?.some(({ name }) => name === account)
      ).flatMap(({ roleRef }) =>
        manifests.find(({ kind, metadata }) =>
          kind === roleRef?.kind && metadata.name === roleRef.name
        )?.rules ?? []
      ),
    );
  const { permissions, clusterPermissions } = csv.spec.install.spec;
  const inVersion = (all: Any[], account: string): string[] =>
    single(all.filter((one) => one.serviceAccountName === account).flatMap(({ rules }) => rules));
  const inObjects = (account: string): string[] =>
    single(
      of("RoleBinding").filter(({ subjects: [{ name }] }) => name === account)
        .flatMap(({ roleRef }) =>
          of("Role").find(({ metadata }) => metadata.name === roleRef.name)?.rules
        ),
    );
  const accounts = permissions.map(({ serviceAccountName }: Any) => serviceAccountName);
  assertEquals(
    [...accounts, ...of("ServiceAccount").map(({ metadata }) => metadata.name)].sort(),
    manifests.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name)
      .sort(),
  );
  const privileged = "use securitycontextconstraints.security.openshift.io privileged";
  for (const account of accounts) {
    const more = account === "file-integrity-daemon" ? [privileged] : [];
    const everywhere = inVersion(permissions, account);
    assertEquals(
      [...everywhere, ...inObjects(account)].sort(),
      [...granted(account, "RoleBinding"), ...more].sort(),
      account,
    );
    assertEquals(inVersion(clusterPermissions, account), granted(account, "ClusterRoleBinding"));
    // OLM may give these in all namespaces: of the cluster's ConfigMaps that is for none but the operator.
    if (account === "file-integrity-operator") continue;
    const foreign = everywhere.filter((one) => !one.includes(".fileintegrity.openshift.io "));
    assertEquals(foreign, more, account);
  }
  // OLM makes the others last, when a token would have been deleted for want of its account.
  assertEquals(of("ServiceAccount").map(({ metadata }) => metadata.name), [
    "file-integrity-operator-metrics",
  ]);
  // OLM moves no subject to its namespace.
  const subjects = [...of("RoleBinding"), ...of("ClusterRoleBinding")].flatMap((one) =>
    one.subjects
  );
  assertEquals([...new Set(subjects.map(({ namespace }) => namespace))].sort(), [
    manifestNamespace,
    "openshift-monitoring",
  ]);
});

Deno.test("bundle: it has what the manifests have, but for what OLM can't carry", () => {
  const named = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;
  const { permissions, deployments } = csv.spec.install.spec;
  const there = new Set([
    ...objects.map(named),
    ...permissions.map(({ serviceAccountName }: Any) => `ServiceAccount ${serviceAccountName}`),
    ...deployments.map(({ name }: Any) => `Deployment ${name}`),
  ]);
  const roles = /^(Cluster)?Role(Binding)?$/; // the test above is about them
  const missing = manifests.filter((one) => !there.has(named(one)) && !roles.test(one.kind));
  assertEquals(missing.map(named).sort(), [
    `Namespace ${manifestNamespace}`, // it is there before
    "ValidatingAdmissionPolicy file-integrity-daemon",
    "ValidatingAdmissionPolicyBinding file-integrity-daemon",
  ]);
  // Roles for people, what stays in the namespace, that Prometheus finds the operator, and that it may scrape it.
  assertEquals(objects.filter(({ kind }) => roles.test(kind)).map(named).sort(), [
    "ClusterRole file-integrity-operator-metrics",
    "ClusterRole fileintegrity-editor-role",
    "ClusterRole fileintegrity-viewer-role",
    "ClusterRoleBinding file-integrity-operator-metrics",
    "Role file-integrity-config-editor",
    "Role file-integrity-daemon-in-namespace",
    "Role file-integrity-log-viewer",
    "Role prometheus-k8s",
    "RoleBinding file-integrity-daemon-in-namespace",
    "RoleBinding file-integrity-editor-config",
    "RoleBinding file-integrity-editor-logs",
    "RoleBinding file-integrity-viewer-logs",
    "RoleBinding prometheus-k8s",
  ]);
  const [{ spec, label }] = deployments;
  const deployment = manifests.find(({ kind }) => kind === "Deployment") as Any;
  assertEquals([spec, label], [deployment.spec, deployment.metadata.labels]);
});

Deno.test("bundle: OLM knows every kind, makes the account before its token, and has one document a file", () => {
  // operator-registry v1.60.0, pkg/lib/bundle/supported_resources.go, as far as it is needed.
  const known = new Set([
    ...["ClusterServiceVersion", "CustomResourceDefinition", "Secret", "ClusterRole"],
    ...["ClusterRoleBinding", "ServiceAccount", "Service", "Role", "RoleBinding"],
  ]);
  assertEquals(objects.filter(({ kind }) => !known.has(kind)), []);
  assertEquals(objects.filter(({ metadata }) => metadata.namespace !== undefined), []);
  const names = files.map(({ name }) => name).sort();
  const place = (kind: string): number => names.findIndex((name) => name.includes(`_${kind}_`));
  assert(place("serviceaccount") >= 0 && place("serviceaccount") < place("secret"));
  for (const { name, text } of files) assert(!/^---/m.test(text), name);
});

Deno.test("bundle: the console is told of every field, as the definitions have it", () => {
  const [definition] = of("CustomResourceDefinition");
  const [{ schema: { openAPIV3Schema } }] = definition.spec.versions;
  const [owned, node] = csv.spec.customresourcedefinitions.owned;
  for (const part of ["spec", "status"]) {
    const described = owned[`${part}Descriptors`];
    for (const { path, displayName, description } of described) {
      const field = path.split(".").reduce(
        (schema: Any, name: string) => schema?.properties?.[name],
        openAPIV3Schema.properties[part],
      );
      assertEquals(description, field?.description, path);
      assert(/^[A-Z][a-z ]+$/.test(displayName), displayName);
    }
    const top = new Set(described.map(({ path }: Any) => path.split(".")[0]));
    assertEquals([...top].sort(), Object.keys(openAPIV3Schema.properties[part].properties).sort());
  }
  const widget = (path: string): string =>
    owned.specDescriptors.concat(owned.statusDescriptors)
      .find((one: Any) => one.path === path)["x-descriptors"].join();
  assertEquals(widget("debug"), "urn:alm:descriptor:com.tectonic.ui:booleanSwitch");
  assertEquals(widget("config.gracePeriod"), "urn:alm:descriptor:com.tectonic.ui:number");
  assertEquals(widget("config.name"), "urn:alm:descriptor:io.kubernetes:ConfigMap");
  assertEquals(widget("resources"), "urn:alm:descriptor:com.tectonic.ui:resourceRequirements");
  assertEquals(widget("phase"), "urn:alm:descriptor:io.kubernetes.phase");
  assertEquals(node.kind, "FileIntegrityNodeStatus");
});

Deno.test("bundle: what installs it in a catalog says the same as the image's labels", () => {
  const text = (wanted: string): string => files.find(({ name }) => name === wanted)?.text ?? "";
  const { annotations } = parse(text("metadata/annotations.yaml")) as Any;
  const labels = [...text("Containerfile").matchAll(/^LABEL (\S+)=(.+)$/gm)]
    .map(([, name, value]) => [name, value]);
  assertEquals(Object.fromEntries(labels), annotations);
  assertEquals(
    annotations["operators.operatorframework.io.bundle.package.v1"],
    "file-integrity-operator",
  );
});
