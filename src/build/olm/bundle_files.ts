import { parseAll, stringify } from "@std/yaml";
import { programVersion } from "../../system/program.ts";
import { crdFiles } from "../crds.ts";
import { accessOf } from "./access.ts";
import { type ManifestDocument, manifestDocuments, manifestsFolder } from "./manifest_documents.ts";
import { packageName, serviceVersion } from "./service_version.ts";

/** A file of a bundle; the name is its path in it. */
export interface BundleFile {
  name: string;
  text: string;
}

/** The image in the bundle that is kept beside the manifests: a name that stands for the user's. */
export const placeholderImage = `${packageName}:latest`;

const header =
  "# Generated from the manifests by `deno task olm-bundle`: change them, not this file.\n";

// No "---" before the object: OLM reads a file's first document, and takes a comment before the mark for one.
const yaml = (value: unknown): string => stringify(value, { lineWidth: -1, useAnchors: false });

const channels = ["stable", "alpha"]; // the existing operator's, as a product and from its sources

const labels: Readonly<Record<string, string>> = {
  "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
  "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
  "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
  "operators.operatorframework.io.bundle.package.v1": packageName,
  "operators.operatorframework.io.bundle.channels.v1": channels.join(","),
  "operators.operatorframework.io.bundle.channel.default.v1": "stable",
  "com.redhat.openshift.versions": "v4.17", // and later: Kubernetes 1.30
};

const containerfile = `${header}FROM scratch
${Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`).join("\n")}
COPY manifests /manifests/
COPY metadata /metadata/
`;

// OLM makes the objects of a bundle in the order of their files' names. A token comes after its account.
const order = [
  ...["ServiceAccount", "Secret", "Service", "ClusterRole", "ClusterRoleBinding"],
  ...["Role", "RoleBinding"],
];

/** What stands in a bundle by itself, beside the ClusterServiceVersion. In no namespace: OLM has one for it. */
function objects(documents: readonly ManifestDocument[]): ManifestDocument[] {
  const others = documents.filter(({ kind }) => kind === "Secret" || kind === "Service");
  return [...others, ...accessOf(documents).objects].map((one) => {
    const { apiVersion, kind, metadata: { namespace: _namespace, ...metadata }, ...rest } = one;
    return { apiVersion, kind, metadata, ...rest };
  });
}

async function example(): Promise<unknown> {
  const text = await Deno.readTextFile(new URL("openshift/console.yaml", manifestsFolder));
  // deno-lint-ignore no-explicit-any
  const [first] = parseAll(text) as any[];
  return parseAll(first.spec.yaml)[0];
}

/** All files of the bundle with an image. */
export async function bundleFiles(image: string = placeholderImage): Promise<BundleFile[]> {
  const read = (name: string): Promise<string> =>
    Deno.readTextFile(new URL(`bundle/${name}`, manifestsFolder));
  const documents = await manifestDocuments();
  const version = serviceVersion({
    ...{ documents, image, version: programVersion },
    description: await read("description.md"),
    icon: await read("icon.svg"),
    example: await example(),
  });
  const files = objects(documents).map((one) => {
    const place = order.indexOf(one.kind) + 1;
    if (place === 0) throw new Error(`A bundle has no place for a ${one.kind}`);
    return {
      name: `manifests/${place}_${one.kind.toLowerCase()}_${one.metadata.name}.yaml`,
      text: `${header}${yaml(one)}`,
    };
  });
  return [
    { name: "Containerfile", text: containerfile },
    { name: "metadata/annotations.yaml", text: `${header}${yaml({ annotations: labels })}` },
    {
      name: `manifests/${packageName}.clusterserviceversion.yaml`,
      text: `${header}${yaml(version)}`,
    },
    ...crdFiles().map(({ name, text }) => ({
      name: `manifests/${name}`,
      text: text.replace("\n---\n", "\n"),
    })),
    ...files,
  ];
}
