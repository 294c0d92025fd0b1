/** Reading the files of a kubeconfig, as kubectl puts several together. */

import type { Cluster, Context, User } from "@kubernetes/client-node";
import { parse } from "@std/yaml";
import { KubeError } from "./kube_error.ts";
import { notCapable } from "./not_capable.ts";

/** What client-node does not read of a user. */
export interface MoreOfUser {
  tokenFile?: string;
  /** What it would have to act as: every key that begins with "as". */
  impersonation: string[];
}

/** An entry and the directory of the file that it stands in. */
export interface Placed<T> {
  entry: T;
  directory: string;
}

/** All entries; of those with the same name the first one counts. */
export interface KubeconfigEntries {
  clusters: Map<string, Placed<Cluster>>;
  users: Map<string, Placed<User & MoreOfUser>>;
  contexts: Map<string, Placed<Context>>;
  currentContext: string | undefined;
}

/** The files that a kubeconfig is in: the one that is named, else those of KUBECONFIG, else the one below HOME. */
export function kubeconfigPaths(
  path: string | undefined,
  env: (name: string) => string | undefined,
): string[] {
  if (path !== undefined) return [path];
  const listed = (env("KUBECONFIG") ?? "").split(":").filter((one) => one !== "");
  if (listed.length > 0) return listed;
  const home = env("HOME");
  return home ? [`${home}/.kube/config`] : [];
}

/** What a file's text says, in clusters, users and contexts. */
async function entries(text: string): Promise<{
  clusters: Cluster[];
  users: (User & MoreOfUser)[];
  contexts: Context[];
  currentContext: string | undefined;
}> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(text);
  const raw = parse(text) as { users?: { name: string; user?: Record<string, unknown> | null }[] };
  const users = config.users.map((user) => {
    const fields = raw.users?.find(({ name }) => name === user.name)?.user ?? {};
    const { tokenFile } = fields;
    return {
      ...user,
      ...typeof tokenFile === "string" ? { tokenFile } : {},
      impersonation: Object.keys(fields).filter((key) => key === "as" || key.startsWith("as-")),
    };
  });
  const { clusters, contexts, currentContext } = config;
  return { clusters, users, contexts, currentContext: currentContext || undefined };
}

async function read(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const action = `Cannot read the kubeconfig ${path}`;
    if (cause instanceof Deno.errors.NotCapable) throw notCapable(action, cause);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubeError("unauthorized", `${action}: ${why}; name another one, or log in`, {
      cause,
    });
  }
}

/**
 * Reads and joins the files of a kubeconfig. A missing file is left out where there are several, as kubectl does.
 * Throws "unauthorized" for what can't be read, "not-capable" where this process may not.
 */
export async function kubeconfigEntries(paths: readonly string[]): Promise<KubeconfigEntries> {
  const all: KubeconfigEntries = {
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
    currentContext: undefined,
  };
  if (paths.length === 0) {
    throw new KubeError(
      "unauthorized",
      "Cannot find a kubeconfig: neither KUBECONFIG nor HOME is set; name one",
    );
  }
  for (const path of paths) {
    let found;
    try {
      found = await entries(await read(path));
    } catch (error) {
      if (error instanceof KubeError) {
        if (paths.length > 1 && error.cause instanceof Deno.errors.NotFound) continue;
        throw error;
      }
      if (error instanceof Deno.errors.NotCapable) {
        throw notCapable(`Cannot read the kubeconfig ${path}`, error);
      }
      // The error of a YAML parser shows lines of the file, with the tokens in them.
      const line = /\((\d+):\d+\)|line (\d+)/.exec(error instanceof Error ? error.message : "");
      const place = line === null ? "" : `, near line ${line[1] ?? line[2]}`;
      throw new KubeError(
        "unauthorized",
        `Cannot read the kubeconfig ${path}: it is not YAML of a kubeconfig${place}`,
      );
    }
    const directory = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) || "/" : ".";
    const add = <T extends { name: string }>(to: Map<string, Placed<T>>, from: T[]): void => {
      for (const entry of from) {
        if (!to.has(entry.name)) to.set(entry.name, { entry, directory });
      }
    };
    add(all.clusters, found.clusters);
    add(all.users, found.users);
    add(all.contexts, found.contexts);
    all.currentContext ??= found.currentContext;
  }
  return all;
}
