import { documentOf, type ManifestDocument, type PolicyRule } from "./manifest_documents.ts";

/** What a ClusterServiceVersion says of an account: OLM makes the account, the roles and the bindings. */
export interface AccountPermissions {
  serviceAccountName: string;
  rules: PolicyRule[];
}

/** What the accounts of a ClusterServiceVersion may do in the namespace, and in the whole cluster. */
export interface Permissions {
  permissions: AccountPermissions[];
  clusterPermissions: AccountPermissions[];
}

// OLM carries no SecurityContextConstraints. Of those that OpenShift has, these alone allow what the daemon's pod asks
// for: the host's root, user 0, a capability and spc_t. The pod asks for no more because of it.
const constraints: PolicyRule = {
  apiGroups: ["security.openshift.io"],
  resources: ["securitycontextconstraints"],
  resourceNames: ["privileged"],
  verbs: ["use"],
};

/** Whether a token of the account is among the manifests. */
const hasToken = (documents: readonly ManifestDocument[], account: string): boolean =>
  documents.some(({ kind, metadata }) =>
    kind === "Secret" && metadata.annotations?.["kubernetes.io/service-account.name"] === account
  );

/**
 * The accounts that OLM makes from the ClusterServiceVersion, by name. One with a token is none of them: OLM makes them
 * last, and a token of an account that is not there is deleted at once.
 */
export function accountsOfOlm(documents: readonly ManifestDocument[]): string[] {
  return documents.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) =>
    metadata.name
  )
    .filter((name) => !hasToken(documents, name));
}

function rulesOf(
  documents: readonly ManifestDocument[],
  account: string,
  binding: "RoleBinding" | "ClusterRoleBinding",
): PolicyRule[] {
  return documents.filter(({ kind, subjects = [] }) =>
    kind === binding &&
    subjects.some((subject) => subject.kind === "ServiceAccount" && subject.name === account)
  ).flatMap(({ roleRef }) =>
    roleRef === undefined ? [] : documentOf(documents, roleRef.kind, roleRef.name).rules ?? []
  );
}

/** What the manifests' bindings give those accounts. */
export function permissionsOf(documents: readonly ManifestDocument[]): Permissions {
  const of = (binding: "RoleBinding" | "ClusterRoleBinding"): AccountPermissions[] =>
    accountsOfOlm(documents).map((serviceAccountName) => ({
      serviceAccountName,
      rules: [
        ...rulesOf(documents, serviceAccountName, binding),
        ...binding === "RoleBinding" && serviceAccountName === "file-integrity-daemon"
          ? [constraints]
          : [],
      ],
    })).filter(({ rules }) => rules.length > 0);
  return { permissions: of("RoleBinding"), clusterPermissions: of("ClusterRoleBinding") };
}
