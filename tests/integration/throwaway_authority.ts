/** A certificate and its key, in PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];

async function openssl(directory: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args, cwd: directory }).output();
  if (code !== 0) {
    throw new Error(`openssl ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
}

async function pair(directory: string, name: string): Promise<KeyPair> {
  return {
    cert: await Deno.readTextFile(`${directory}/${name}.crt`),
    key: await Deno.readTextFile(`${directory}/${name}.key`),
  };
}

async function within<R>(work: (directory: string) => Promise<R>): Promise<R> {
  const directory = await Deno.makeTempDir();
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** A certificate authority of one test. */
export class ThrowawayAuthority {
  constructor(private readonly own: KeyPair) {}

  static async make(name = "throw-away"): Promise<ThrowawayAuthority> {
    return new ThrowawayAuthority(
      await within(async (directory) => {
        const files = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", `/CN=${name}`];
        const extensions = [
          ...["-addext", "basicConstraints=critical,CA:TRUE"],
          ...["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
        ];
        await openssl(directory, "req", "-x509", ...newKey, ...files, ...extensions);
        return await pair(directory, "ca");
      }),
    );
  }

  /** Its certificate, in PEM. */
  get ca(): string {
    return this.own.cert;
  }

  /** A certificate of a server on loopback, for these names and addresses. */
  async server(names = "IP:127.0.0.1,DNS:localhost"): Promise<KeyPair> {
    return await this.#sign("/CN=server", `serverAuth\nsubjectAltName=${names}`);
  }

  /** A certificate that says who calls. */
  async client(subject: string): Promise<KeyPair> {
    return await this.#sign(subject, "clientAuth");
  }

  async #sign(subject: string, usage: string): Promise<KeyPair> {
    return await within(async (directory) => {
      await Deno.writeTextFile(`${directory}/ca.crt`, this.own.cert);
      await Deno.writeTextFile(`${directory}/ca.key`, this.own.key);
      const extensions = `basicConstraints=CA:FALSE\nextendedKeyUsage=${usage}\n`;
      await Deno.writeTextFile(`${directory}/ext`, extensions);
      const request = ["-keyout", "own.key", "-out", "own.csr", "-subj", subject];
      await openssl(directory, "req", ...newKey.slice(0, -2), ...request);
      const authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
      const files = ["-in", "own.csr", "-out", "own.crt", "-extfile", "ext"];
      await openssl(directory, "x509", "-req", ...authority, ...files);
      return await pair(directory, "own");
    });
  }
}
