import { parseAll } from "@std/yaml";

/** A rule of a role. */
export interface PolicyRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** A document of the manifests, as far as a bundle is made of it. */
export interface ManifestDocument {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
  rules?: PolicyRule[];
  roleRef?: { apiGroup?: string; kind: string; name: string };
  subjects?: { kind: string; name: string; namespace?: string }[];
}

const sources = [
  ...["daemon", "editor", "metrics", "operator", "viewer"].map((name) => `rbac/${name}`),
  ...["operator/deployment", "operator/service", "openshift/monitoring"],
];

/** Directory of the manifests. */
export const manifestsFolder = new URL("../../../manifests/", import.meta.url);

/** All documents that a bundle is made of, in the order of the files. */
export async function manifestDocuments(): Promise<ManifestDocument[]> {
  const texts = await Promise.all(
    sources.map((name) => Deno.readTextFile(new URL(`${name}.yaml`, manifestsFolder))),
  );
  return texts.flatMap((text) => parseAll(text) as ManifestDocument[]);
}

/** The one document of a kind and a name; throws where there is none. */
export function documentOf(
  documents: readonly ManifestDocument[],
  kind: string,
  name: string,
): ManifestDocument {
  const found = documents.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`The manifests have no ${kind} ${name}`);
  return found;
}
