/** The user of a kubeconfig, as credentials. */

import type { Cluster, User } from "@kubernetes/client-node";
import type { MonotonicClock } from "../system/clock.ts";
import { type Credentials, type Source, WrittenCredentials } from "./credentials.ts";
import { KubeError } from "./kube_error.ts";
import type { MoreOfUser, Placed } from "./kubeconfig_files.ts";
import { OidcCredentials } from "./oidc_credentials.ts";
import { type ExecSettings, PluginCredentials, pluginUser } from "./plugin_credentials.ts";
import { isPem, RereadFile } from "./reread_file.ts";

function decoded(base64: string): string {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(base64));
  } catch {
    text = ""; // The error would show what may be a key.
  }
  // Deno takes a text without a certificate for no authority of its own, and falls back on the usual ones.
  if (isPem(text)) return text;
  throw new KubeError(
    "unauthorized",
    "Cannot use the kubeconfig: a certificate or key in it is not base64 of PEM; get a new one",
  );
}

function placed(directory: string, file: string): string {
  return file.startsWith("/") ? file : `${directory}/${file}`;
}

/** PEM that a kubeconfig has as data, or else in a file, whose path is seen from `directory`. */
export function sourceOf(
  data: string | null | undefined,
  file: string | null | undefined,
  directory: string,
  clock: MonotonicClock,
): Source | undefined {
  if (data) return { text: decoded(data) };
  if (file) return { file: new RereadFile(placed(directory, file), clock, isPem) };
  return undefined;
}

interface UserCredentials {
  credentials: Credentials;
  /** Whether they need authorities that the kubeconfig does not name. */
  usualAuthorities: boolean;
}

async function oidc(
  name: string,
  config: Record<string, string | undefined>,
  directory: string,
  clock: MonotonicClock,
): Promise<UserCredentials> {
  const issuer = config["idp-issuer-url"];
  const clientId = config["client-id"];
  if (!issuer?.startsWith("https://") || !clientId) {
    throw new KubeError(
      "unauthorized",
      `Cannot use ${name}: its auth-provider needs client-id, and idp-issuer-url with https`,
    );
  }
  const { "client-secret": clientSecret, "id-token": idToken, "refresh-token": refreshToken } =
    config;
  const source = sourceOf(
    config["idp-certificate-authority-data"],
    config["idp-certificate-authority"],
    directory,
    clock,
  );
  const ca = source && ("text" in source ? source.text : await source.file.text());
  const settings = {
    ...{ issuer, clientId },
    ...clientSecret ? { clientSecret } : {},
    ...idToken ? { idToken } : {},
    ...refreshToken ? { refreshToken } : {},
    ...ca ? { ca } : {},
  };
  const credentials = new OidcCredentials(name, settings, () => clock.now());
  return { credentials, usualAuthorities: ca === undefined };
}

async function plugin(
  name: string,
  { entry: user, directory }: Placed<User & MoreOfUser>,
  cluster: Cluster,
): Promise<UserCredentials> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const settings = user.exec as ExecSettings;
  if (!settings.command) {
    throw new KubeError("unauthorized", `Cannot use ${name}: its exec names no command`);
  }
  const { server, caData } = cluster;
  const told = { server, ...caData ? { "certificate-authority-data": caData } : {} };
  const runs = pluginUser({ name: user.name }, settings, directory, told);
  const open = (): InstanceType<typeof KubeConfig> => {
    const config = new KubeConfig();
    // A cluster of no meaning: only the user's part of the options is wanted.
    config.loadFromClusterAndUser({ name: "", server: "https://", skipTLSVerify: false }, runs);
    return config;
  };
  const credentials = new PluginCredentials(name, settings, open);
  return { credentials, usualAuthorities: false };
}

/** The credentials of a user of a kubeconfig: none for none. Throws "unauthorized" for what it lacks. */
export async function userCredentials(
  user: Placed<User & MoreOfUser> | undefined,
  cluster: Cluster,
  clock: MonotonicClock,
): Promise<UserCredentials> {
  const written = (
    parts: ConstructorParameters<typeof WrittenCredentials>[1],
  ): UserCredentials => ({
    credentials: new WrittenCredentials(`user ${user?.entry.name ?? ""}`, parts),
    usualAuthorities: false,
  });
  if (user === undefined) return written({});
  const { entry, directory } = user;
  const name = `user ${entry.name}`;
  if (entry.impersonation.length > 0) {
    throw new KubeError(
      "unauthorized",
      `Cannot use ${name} of the kubeconfig: it acts as somebody else (${
        entry.impersonation.join(", ")
      }), which is not supported; use an account of its own`,
    );
  }
  const cert = sourceOf(entry.certData, entry.certFile, directory, clock);
  const key = sourceOf(entry.keyData, entry.keyFile, directory, clock);
  if ((cert === undefined) !== (key === undefined)) {
    throw new KubeError(
      "unauthorized",
      `Cannot use ${name} of the kubeconfig: a client certificate needs its key, and a key its certificate`,
    );
  }
  const token: Source | undefined = entry.tokenFile
    ? { file: new RereadFile(placed(directory, entry.tokenFile), clock) }
    : entry.token
    ? { text: entry.token.trim() }
    : undefined;
  const header = entry.username
    ? {
      header: `Basic ${
        new TextEncoder().encode(`${entry.username}:${entry.password ?? ""}`).toBase64()
      }`,
    }
    : {};
  if (token !== undefined || cert !== undefined || entry.username) {
    return written({
      ...token === undefined ? {} : { token },
      ...cert === undefined || key === undefined ? {} : { certificate: { cert, key } },
      ...header,
    });
  }
  if (entry.exec) return await plugin(name, user, cluster);
  if (!entry.authProvider) return written({});
  if (entry.authProvider.name === "oidc") {
    return await oidc(name, entry.authProvider.config ?? {}, directory, clock);
  }
  throw new KubeError(
    "unauthorized",
    `Cannot use ${name} of the kubeconfig: its auth-provider ${
      JSON.stringify(entry.authProvider.name)
    } was given up by Kubernetes; use its provider's exec plugin`,
  );
}
