import type { RereadFile } from "./reread_file.ts";
import { bearer } from "./bearer_token.ts";

/** A client certificate and its key, in PEM. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** Says to the API server who calls. */
export interface Credentials extends Disposable {
  /** Value of the Authorization header, where there is one. */
  authorization(): Promise<string | undefined>;
  certificate(): Promise<ClientCertificate | undefined>;
  /** The server refused them: the next call gets others, where there are others. */
  expire(): void;
}

/** A text that is known, or in a file that may change. */
export type Source = { text: string } | { file: RereadFile };

async function text(source: Source): Promise<string> {
  return "text" in source ? source.text : await source.file.text();
}

function expire(source: Source | undefined): void {
  if (source !== undefined && "file" in source) source.file.expire();
}

/** Credentials that are written down: a header, a token, a client certificate, or none. */
export class WrittenCredentials implements Credentials {
  /** `name` says in errors whose they are. */
  constructor(
    private readonly name: string,
    private readonly parts: {
      token?: Source;
      certificate?: { cert: Source; key: Source };
      /** A whole Authorization header. */
      header?: string;
    },
  ) {}

  async authorization(): Promise<string | undefined> {
    const { token, header } = this.parts;
    return token === undefined ? header : bearer(await text(token), `of ${this.name}`);
  }

  async certificate(): Promise<ClientCertificate | undefined> {
    const { certificate } = this.parts;
    if (certificate === undefined) return undefined;
    return { cert: await text(certificate.cert), key: await text(certificate.key) };
  }

  expire(): void {
    const { token, certificate } = this.parts;
    expire(token);
    expire(certificate?.cert);
    expire(certificate?.key);
  }

  [Symbol.dispose](): void {}
}
