/** What the manifests grant to whom, as single verbs. */

import { type Account, readManifests, serviceAccount } from "../../cluster/manifests.ts";

const accounts: readonly Account[] = [
  ...["operator", "daemon", "viewer", "editor"] as const,
  "operator-metrics",
];

/**
 * One verb on one resource: `<account>: <verb> <resource>.<group>`, with ` <name>` where it is bound to one; or on a
 * path that is no resource.
 */
export type Grant = string;

/** The grant of a verb. */
export function grant(
  account: Account,
  verb: string,
  resource: string,
  group: string,
  name?: string,
): Grant {
  const kind = group === "" ? resource : `${resource}.${group}`;
  return `${account}: ${verb} ${kind}${name === undefined ? "" : ` ${name}`}`;
}

/** A rule of a role. */
export interface Rule {
  apiGroups?: string[];
  resources?: string[];
  verbs: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

/** A role of the manifests, with the accounts that a binding gives it to. */
export interface GrantedRole {
  kind: "Role" | "ClusterRole";
  name: string;
  rules: Rule[];
  accounts: Account[];
}

/** All roles of the manifests, also those that nobody has. */
export async function grantedRoles(): Promise<GrantedRole[]> {
  const manifests = await readManifests();
  const accountOf = new Map(
    accounts.map((account) => [serviceAccount(account), account]),
  );
  return manifests.filter(({ kind }) => kind === "Role" || kind === "ClusterRole").map((role) => {
    const { kind, metadata: { name } } = role;
    const bindings = manifests.filter(({ roleRef }) =>
      roleRef?.kind === kind && roleRef.name === name
    );
    const subjects = bindings.flatMap((binding) => binding.subjects ?? []);
    return {
      kind: kind as GrantedRole["kind"],
      name,
      rules: (role as unknown as { rules: Rule[] }).rules,
      accounts: subjects.map((subject) => {
        const account = accountOf.get(subject.name);
        if (account === undefined) throw new Error(`${name} is bound to unknown ${subject.name}`);
        return account;
      }),
    };
  });
}

/** Every verb that the manifests grant to an account, sorted. */
export async function allGrants(): Promise<Grant[]> {
  const found = (await grantedRoles()).flatMap(({ rules, accounts }) =>
    accounts.flatMap((account) =>
      rules.flatMap((rule) => {
        const { verbs, resources = [], apiGroups = [], resourceNames = [undefined] } = rule;
        return verbs.flatMap((verb) => [
          ...(rule.nonResourceURLs ?? []).map((path) => grant(account, verb, path, "")),
          ...resources.flatMap((resource) =>
            apiGroups.flatMap((group) =>
              resourceNames.map((name) => grant(account, verb, resource, group, name))
            )
          ),
        ]);
      })
    )
  );
  return [...new Set(found)].sort();
}

/** The verb, resource and group that the API server authorises a call by. */
export function authorised(
  method: string,
  path: string,
): { verb: string; resource: string; group: string; name?: string } {
  const url = new URL(path, "https://127.0.0.1");
  const parts = url.pathname.slice(1).split("/").map(decodeURIComponent);
  const group = parts.shift() === "api" ? "" : parts.shift() ?? "";
  parts.shift(); // version
  if (parts[0] === "namespaces" && parts.length > 2) parts.splice(0, 2);
  const [plural = "", name, subresource] = parts;
  const verbs: Record<string, string> = {
    GET: url.searchParams.has("watch") ? "watch" : name === undefined ? "list" : "get",
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: name === undefined ? "deletecollection" : "delete",
  };
  return {
    verb: verbs[method] ?? method,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    group,
    ...(name !== undefined && { name }),
  };
}
