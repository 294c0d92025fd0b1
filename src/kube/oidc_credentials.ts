import { bearer } from "./bearer_token.ts";
import { bodyPieces } from "./body_pieces.ts";
import type { ClientCertificate, Credentials } from "./credentials.ts";
import { KubeError } from "./kube_error.ts";
import { limitedBody } from "./limited_body.ts";
import { notCapable } from "./not_capable.ts";
import { withoutSecrets } from "../system/secrets.ts";

/** What a kubeconfig says of OpenID Connect. */
export interface OidcSettings {
  issuer: string;
  clientId: string;
  clientSecret?: string;
  idToken?: string;
  refreshToken?: string;
  /** Authorities of the issuer, in PEM; Deno's own where absent. */
  ca?: string;
}

/** Seconds before a token's end at which it is renewed. */
const margin = 10;
const patience = 20_000;
const longestAnswer = 1024 * 1024;

/** When a JSON Web Token ends, in milliseconds since 1970; undefined for what is none, or has no end. */
export function tokenEnd(token: string): number | undefined {
  try {
    const claims = JSON.parse(
      new TextDecoder().decode(
        Uint8Array.fromBase64(token.split(".")[1] ?? "", { alphabet: "base64url" }),
      ),
    );
    return typeof claims?.exp === "number" ? claims.exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Tokens of an OpenID Connect issuer, renewed with a refresh token. `@kubernetes/client-node` 2.0.1 would do this, but
 * it hands its library the issuer in a form that is refused, and with the issuer's authority an answer that is.
 */
export class OidcCredentials implements Credentials {
  #idToken: string | undefined;
  #refreshToken: string | undefined;
  #renewing: Promise<string> | undefined;
  readonly #stopped = new AbortController();

  constructor(
    private readonly name: string,
    private readonly settings: OidcSettings,
    private readonly now: () => number,
  ) {
    this.#idToken = settings.idToken;
    this.#refreshToken = settings.refreshToken;
  }

  async authorization(): Promise<string> {
    const token = this.#idToken;
    const end = token === undefined ? undefined : tokenEnd(token);
    const valid = token !== undefined && end !== undefined && end - margin * 1000 > this.now();
    return bearer(valid ? token : await this.#renewed(), `of ${this.name}`);
  }

  certificate(): Promise<ClientCertificate | undefined> {
    return Promise.resolve(undefined);
  }

  expire(): void {
    this.#idToken = undefined;
  }

  [Symbol.dispose](): void {
    this.#stopped.abort();
  }

  #renewed(): Promise<string> {
    return this.#renewing ??= this.#renew().finally(() => this.#renewing = undefined);
  }

  async #renew(): Promise<string> {
    const { issuer, clientId, clientSecret, ca } = this.settings;
    const action = `Cannot renew the token of ${this.name} at ${withoutSecrets(issuer)}`;
    const refused = (why: string): KubeError =>
      new KubeError("unauthorized", `${action}: ${why}; log in again`);
    if (this.#refreshToken === undefined) throw refused("there is no refresh token");
    using client = Deno.createHttpClient({ http2: false, ...ca ? { caCerts: [ca] } : {} });
    const ask = async (url: string, init: RequestInit): Promise<Record<string, unknown>> => {
      const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(patience)]);
      const response = await fetch(url, { ...init, redirect: "manual", signal, client });
      const { bytes } = await limitedBody(bodyPieces(response.body, signal), longestAnswer);
      if (!response.ok) throw refused(`${new URL(url).pathname} answers HTTP ${response.status}`);
      try {
        return Object(JSON.parse(new TextDecoder().decode(bytes)));
      } catch { // The error would repeat the answer, and its tokens.
        throw refused(`${new URL(url).pathname} does not answer with JSON`);
      }
    };
    try {
      const found = await ask(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {});
      const endpoint = found.token_endpoint;
      if (typeof endpoint !== "string" || !/^https:\/\//.test(endpoint)) {
        throw refused("it names no token endpoint with https");
      }
      const form = {
        grant_type: "refresh_token",
        refresh_token: this.#refreshToken,
        client_id: clientId,
        ...clientSecret ? { client_secret: clientSecret } : {},
      };
      const tokens = await ask(endpoint, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new Blob([String(new URLSearchParams(form))]), // sent once: the token may be good for once
      });
      if (typeof tokens.id_token !== "string") throw refused("it gives no ID token");
      if (typeof tokens.refresh_token === "string") this.#refreshToken = tokens.refresh_token;
      this.#idToken = tokens.id_token;
      return tokens.id_token;
    } catch (error) {
      if (error instanceof KubeError) throw error;
      if (error instanceof Deno.errors.NotCapable) throw notCapable(action, error);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = withoutSecrets(cause instanceof Error ? cause.message : String(cause));
      throw new KubeError("network", `${action}: ${why}`, { cause: error });
    }
  }
}
