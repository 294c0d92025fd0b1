/** Where the API server is, and how to be let in: what an in-cluster connection and a kubeconfig have in common. */

/** A way to an API server. It owns its HTTP clients; disposing of it closes them. */
export interface Connection extends Disposable {
  /** Address of the API server, with a path where it is behind one: "https://10.0.0.1:443". */
  readonly server: string;
  /**
   * The client to send the next request with. It is another one after the authorities or the client certificate
   * changed; requests under way on the old one go on.
   */
  http(): Promise<Deno.HttpClient>;
  /** Value of the Authorization header; undefined where a client certificate says who calls. */
  authorization(): Promise<string | undefined>;
  /** Forgets what it read, because the server refused it: the next request reads everything anew. */
  refresh(): Promise<void>;
}
