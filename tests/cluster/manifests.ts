/** The accounts and roles of `manifests/`, for the namespace of one test. */
import { parseAll } from "@std/yaml";

const root = new URL("../..", import.meta.url).pathname;

/** Who calls the API server in tests. */
export type Account = "operator" | "daemon" | "viewer" | "editor" | "operator-metrics";

/** A document of a manifest, as far as this file looks at it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  subjects?: { kind: string; name: string; namespace?: string; apiGroup?: string }[];
  roleRef?: { apiGroup: string; kind: string; name: string };
  rules?: Rule[];
}

interface Rule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** The namespace that the manifests are written for. */
export const manifestNamespace = "openshift-file-integrity";

const forAccess = new Set([
  ...["ServiceAccount", "Role", "RoleBinding"],
  ...["ClusterRole", "ClusterRoleBinding"],
]);

// Samples are for users, a bundle is for OLM, and the kinds of OpenShift and of cert-manager are not everywhere.
const apart = new Set(["samples", "openshift", "cert-manager", "bundle"]);

async function yamlFiles(directory: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isFile && name.endsWith(".yaml")) paths.push(path);
    else if (isDirectory && !apart.has(name)) paths.push(...await yamlFiles(path));
  }
  return paths.sort();
}

/** All documents of the manifests, by path and place; samples, and what is not for every cluster, are left out. */
export async function readManifests(directory: string = `${root}manifests`): Promise<Manifest[]> {
  const found: Manifest[] = [];
  for (const path of await yamlFiles(directory)) {
    const documents = parseAll(await Deno.readTextFile(path));
    found.push(...documents.filter((one) => one !== null) as Manifest[]);
  }
  return found;
}

/** Name of the ServiceAccount of an account. */
export const serviceAccount = (account: Account): string => `file-integrity-${account}`;

/**
 * What gives the accounts their rights in `namespace`, the Namespace first: the manifests' ServiceAccounts, roles
 * and bindings with the namespace replaced. ClusterRoles stay as they are; a ClusterRoleBinding gets a name of its
 * own, since those of other tests stand beside it.
 */
export function namespacedManifests(manifests: readonly Manifest[], namespace: string): Manifest[] {
  const moved = (from: string | undefined): string | undefined =>
    from === manifestNamespace ? namespace : from;
  const replaced = manifests.filter(({ kind }) => forAccess.has(kind)).map((manifest) => {
    const copy = structuredClone(manifest);
    const to = moved(copy.metadata.namespace);
    if (to !== undefined) copy.metadata.namespace = to;
    if (copy.kind === "ClusterRoleBinding") copy.metadata.name += `-${namespace}`;
    for (const subject of copy.subjects ?? []) {
      const of = moved(subject.namespace);
      if (of !== undefined) subject.namespace = of;
    }
    return copy;
  });
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    ...replaced,
  ];
}

/** The question to the API server whether somebody may do something. */
export interface AccessReview {
  apiVersion: "authorization.k8s.io/v1";
  kind: "SubjectAccessReview";
  spec: {
    user: string;
    resourceAttributes: {
      verb: string;
      group: string;
      resource: string;
      subresource?: string;
      name?: string;
      namespace?: string;
    };
  };
}

function review(rule: Rule, user: string, namespace: string | undefined): AccessReview | undefined {
  const [verb, group] = [rule.verbs[0], rule.apiGroups?.[0]];
  const [resource, subresource] = rule.resources?.[0]?.split("/") ?? [];
  const name = rule.resourceNames?.[0];
  if (verb === undefined || group === undefined || resource === undefined) return undefined;
  const resourceAttributes = {
    ...{ verb, group, resource },
    ...subresource !== undefined && { subresource },
    ...name !== undefined && { name },
    ...namespace !== undefined && { namespace },
  };
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: { user, resourceAttributes },
  };
}

/** For each ServiceAccount and binding among the manifests a question that is answered with yes once it is in effect. */
export function accessReviews(manifests: readonly Manifest[]): AccessReview[] {
  return manifests.flatMap(({ roleRef, subjects = [], metadata: { namespace } }) => {
    const rule = manifests.find(({ kind, metadata, rules }) =>
      kind === roleRef?.kind && metadata.name === roleRef.name && rules !== undefined &&
      (kind === "ClusterRole" || metadata.namespace === namespace)
    )?.rules?.[0];
    if (rule === undefined) return [];
    return subjects.filter(({ kind }) => kind === "ServiceAccount").flatMap((subject) => {
      const user = `system:serviceaccount:${subject.namespace}:${subject.name}`;
      return review(rule, user, namespace) ?? [];
    });
  });
}
