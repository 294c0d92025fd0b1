/** The part of `Deno.env` that trust is set with. */
export type TrustEnvironment = Pick<typeof Deno.env, "set">;

/**
 * Lets this process trust, for TLS, no authority but those that it is given: otherwise everybody whom the public
 * authorities vouch for could pass for the API server. It holds from the process's first TLS connection or HTTP client
 * on, so it is called before them; later it changes nothing. It needs --allow-env=DENO_TLS_CA_STORE. A file in
 * DENO_CERT stays trusted: who starts the process asked for it.
 */
export function trustOnlyGivenAuthorities(env: TrustEnvironment = Deno.env): void {
  // The list of Deno's stores of authorities, of which there is then none.
  env.set("DENO_TLS_CA_STORE", "");
}
