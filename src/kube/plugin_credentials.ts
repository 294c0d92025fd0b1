import type { KubeConfig, User } from "@kubernetes/client-node";
import { bearer } from "./bearer_token.ts";
import type { ClientCertificate, Credentials } from "./credentials.ts";
import { KubeError } from "./kube_error.ts";
import { notCapable } from "./not_capable.ts";
import { withoutSecrets } from "../system/secrets.ts";

/** The `exec` of a kubeconfig's user. */
export interface ExecSettings {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  /** What to do where the command is missing. */
  installHint?: string;
  /** Whether the plugin is told of the cluster. */
  provideClusterInfo?: boolean;
}

interface Held {
  authorization: string | undefined;
  certificate: ClientCertificate | undefined;
}

const longestWords = 500;

/** The plugin's own words, without what it printed as its answer: that may be a token. */
function words(error: unknown): string {
  if (error instanceof SyntaxError || error instanceof TypeError) {
    return "it gave no ExecCredential";
  }
  const text = error instanceof Error ? error.message.trim() : String(error);
  if (text === "") return "it failed without a word";
  return withoutSecrets(text.slice(0, 2 * longestWords)).slice(0, longestWords);
}

/**
 * Credentials that a program gives, run by `@kubernetes/client-node`, which runs it again when they have expired.
 */
export class PluginCredentials implements Credentials {
  #config: KubeConfig;
  #asking: Promise<Held> | undefined;

  /** `open` makes a configuration that has run nothing yet. */
  constructor(
    private readonly name: string,
    private readonly settings: ExecSettings,
    private readonly open: () => KubeConfig,
  ) {
    this.#config = open();
  }

  async authorization(): Promise<string | undefined> {
    return (await this.#held()).authorization;
  }

  async certificate(): Promise<ClientCertificate | undefined> {
    return (await this.#held()).certificate;
  }

  expire(): void {
    this.#config = this.open();
    this.#asking = undefined;
  }

  [Symbol.dispose](): void {}

  // However many calls begin at once, the plugin runs once.
  #held(): Promise<Held> {
    if (this.#asking !== undefined) return this.#asking;
    const asking = this.#ask().finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    return this.#asking = asking;
  }

  async #ask(): Promise<Held> {
    const { command = "", installHint } = this.settings;
    const action = `Cannot get credentials for ${this.name} from the plugin ${command}`;
    const options: {
      headers?: Record<string, string>;
      cert?: string;
      key?: string;
    } = {};
    try {
      await this.#config.applyToHTTPSOptions(
        options as Parameters<KubeConfig["applyToHTTPSOptions"]>[0],
      );
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw notCapable(action, error);
      const hint = installHint ? `; ${installHint}` : "; check that it runs in a terminal";
      throw new KubeError("unauthorized", `${action}: ${words(error)}${hint}`);
    }
    const { headers, cert, key } = options;
    const token = headers?.Authorization?.replace(/^Bearer /, "");
    if (token === undefined && (cert === undefined || key === undefined)) {
      throw new KubeError("unauthorized", `${action}: it gave neither a token nor a certificate`);
    }
    return {
      authorization: token === undefined ? undefined : bearer(token, `of ${this.name}`),
      certificate: cert === undefined || key === undefined ? undefined : { cert, key },
    };
  }
}

/**
 * The user with its plugin as kubectl runs it: a path is seen from the kubeconfig's directory, and
 * KUBERNETES_EXEC_INFO tells which form of answer is wanted, which client-node leaves out.
 */
export function pluginUser(
  user: User,
  settings: ExecSettings,
  directory: string,
  cluster: Record<string, unknown>,
): User {
  const { command = "", apiVersion, env, provideClusterInfo } = settings;
  const info = JSON.stringify({
    apiVersion,
    kind: "ExecCredential",
    spec: { interactive: false, ...provideClusterInfo === true ? { cluster } : {} },
  });
  const seen = command.includes("/") && !command.startsWith("/")
    ? `${directory}/${command}`
    : command;
  const exec = {
    ...settings,
    command: seen,
    args: settings.args ?? [],
    env: [...env ?? [], { name: "KUBERNETES_EXEC_INFO", value: info }],
  };
  return { ...user, exec };
}
