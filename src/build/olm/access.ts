import { apiGroup } from "../../api/labels.ts";
import { documentOf, type ManifestDocument, type PolicyRule } from "./manifest_documents.ts";

/** What a ClusterServiceVersion says of an account: OLM makes the account, the roles and the bindings. */
export interface AccountPermissions {
  serviceAccountName: string;
  rules: PolicyRule[];
}

/** Who may do what, as a bundle has it. */
export interface Access {
  /** In the namespaces that the operator is installed for. */
  permissions: AccountPermissions[];
  /** In the whole cluster. */
  clusterPermissions: AccountPermissions[];
  /** The accounts, roles and bindings that stand in the bundle by themselves. */
  objects: ManifestDocument[];
}

// OLM carries no SecurityContextConstraints. Of those that OpenShift has, these alone allow what the daemon's pod asks
// for: the host's root, user 0, a capability and spc_t. The pod asks for no more because of it.
const constraints: PolicyRule = {
  apiGroups: ["security.openshift.io"],
  resources: ["securitycontextconstraints"],
  resourceNames: ["privileged"],
  verbs: ["use"],
};

const daemon = "file-integrity-daemon";
const operator = "file-integrity-operator";

/**
 * The accounts that OLM makes from the ClusterServiceVersion, by name. One with a token is none of them: OLM makes them
 * last, and a token of an account that is not there is deleted at once.
 */
function accountsOfOlm(documents: readonly ManifestDocument[]): string[] {
  const withToken = documents.filter(({ kind }) => kind === "Secret")
    .map(({ metadata }) => metadata.annotations?.["kubernetes.io/service-account.name"]);
  return documents.filter(({ kind }) => kind === "ServiceAccount")
    .map(({ metadata }) => metadata.name).filter((name) => !withToken.includes(name));
}

/**
 * Whether an account may have a rule in more than its namespace. What a ClusterServiceVersion lets an account do, OLM
 * lets it do in all namespaces where the operator is installed for all of them: then whoever has taken over a node
 * would write every ConfigMap of the cluster as the daemon, which writes its logs.
 */
function mayGoFar(account: string, { apiGroups = [] }: PolicyRule): boolean {
  return account === operator || apiGroups.every((group) => group === apiGroup);
}

const subjectOf = ({ subjects = [] }: ManifestDocument): string | undefined =>
  subjects.find(({ kind }) => kind === "ServiceAccount")?.name;

/** A role and its binding with the rules that stay in the namespace. */
function inNamespace(
  binding: ManifestDocument,
  role: ManifestDocument,
  rules: PolicyRule[],
): ManifestDocument[] {
  if (rules.length === 0) return [];
  // Part of a role is another role: the existing operator had some of these names, and what a binding is to never
  // changes.
  const suffix = rules.length === role.rules?.length ? "" : "-in-namespace";
  const renamed = ({ metadata, ...rest }: ManifestDocument): ManifestDocument => ({
    ...rest,
    metadata: { ...metadata, name: metadata.name + suffix },
  });
  const name = role.metadata.name + suffix;
  return [
    { ...renamed(role), rules },
    { ...renamed(binding), roleRef: { ...binding.roleRef, kind: role.kind, name } },
  ];
}

/** What the manifests' bindings come to in a bundle. */
export function accessOf(documents: readonly ManifestDocument[]): Access {
  const accounts = accountsOfOlm(documents);
  const ofOlm = (one: ManifestDocument): boolean => accounts.includes(subjectOf(one) ?? "");
  const bindings = documents.filter(ofOlm);
  const rulesIn = ({ roleRef }: ManifestDocument): ManifestDocument =>
    documentOf(documents, roleRef?.kind ?? "", roleRef?.name ?? "");
  const permissions = (kind: string): AccountPermissions[] =>
    accounts.map((serviceAccountName) => ({
      serviceAccountName,
      rules: [
        ...bindings.filter((one) => one.kind === kind && subjectOf(one) === serviceAccountName)
          .flatMap((one) => rulesIn(one).rules ?? [])
          .filter((rule) => kind !== "RoleBinding" || mayGoFar(serviceAccountName, rule)),
        ...kind === "RoleBinding" && serviceAccountName === daemon ? [constraints] : [],
      ],
    })).filter(({ rules }) => rules.length > 0);

  const near = bindings.filter(({ kind }) => kind === "RoleBinding").flatMap((binding) => {
    const role = rulesIn(binding);
    const account = subjectOf(binding) ?? "";
    return inNamespace(binding, role, (role.rules ?? []).filter((one) => !mayGoFar(account, one)));
  });
  const replaced = new Set([...bindings, ...bindings.map(rulesIn)]);
  const others = documents.filter((one) =>
    /^(ServiceAccount|(Cluster)?Role(Binding)?)$/.test(one.kind) &&
    !(one.kind === "ServiceAccount" && accounts.includes(one.metadata.name)) &&
    // A role that is aggregated is for people as well.
    (!replaced.has(one) || one.metadata.labels !== undefined)
  );
  const unique = new Map(
    [...others, ...near].map((one) => [`${one.kind} ${one.metadata.name}`, one]),
  );
  return {
    permissions: permissions("RoleBinding"),
    clusterPermissions: permissions("ClusterRoleBinding"),
    objects: [...unique.values()],
  };
}
