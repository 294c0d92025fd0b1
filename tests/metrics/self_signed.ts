/** Certificates that vouch for themselves, with keys of any kind. Made by openssl. */
import type { KeyPair } from "../integration/throwaway_authority.ts";

/** Options of openssl for kinds of keys. */
export const keyKinds = {
  "RSA": ["-newkey", "rsa:2048"],
  "RSA of 1,024 bits": ["-newkey", "rsa:1024"],
  "RSA-PSS": ["-newkey", "rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"],
  "P-256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "P-521": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "secp256k1": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  "Ed25519": ["-newkey", "ed25519"],
} as const;

async function openssl(args: readonly string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command("openssl", { args: [...args] }).output();
  if (code !== 0) {
    throw new Error(`openssl ended with ${code}: ${new TextDecoder().decode(stderr)}`);
  }
}

async function within(
  make: (at: { directory: string; cert: string; key: string }) => Promise<void>,
): Promise<KeyPair> {
  const directory = await Deno.makeTempDir();
  const [cert, key] = [`${directory}/tls.crt`, `${directory}/tls.key`];
  try {
    await make({ directory, cert, key });
    return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/**
 * Makes a certificate for an address, with a key of a kind. `convert` are arguments of openssl that read the key and
 * write it in another form.
 */
export async function selfSigned(
  address: string,
  kind: keyof typeof keyKinds,
  convert?: readonly string[],
): Promise<KeyPair> {
  return await within(async ({ cert, key }) => {
    await openssl([
      ...["req", "-x509", ...keyKinds[kind], "-noenc", "-keyout", key, "-out", cert],
      ...["-subj", "/CN=server", "-addext", `subjectAltName=IP:${address}`, "-days", "2"],
    ]);
    if (convert !== undefined) await openssl([...convert, "-in", key, "-out", key]);
  });
}

/** Makes a certificate that has expired. */
export async function expiredPair(address: string): Promise<KeyPair> {
  return await within(async ({ directory, cert, key }) => {
    const request = `${directory}/request`;
    await openssl([
      ...["req", "-new", ...keyKinds["P-256"], "-noenc", "-keyout", key, "-out", request],
      ...["-subj", "/CN=server"],
    ]);
    const lines = [
      ...["[ca]", "default_ca=own", "[own]", `database=${directory}/index`, "rand_serial=yes"],
      ...[`new_certs_dir=${directory}`, "default_md=sha256", "policy=any", "x509_extensions=ext"],
      ...["[any]", "commonName=supplied", "[ext]", `subjectAltName=IP:${address}`],
    ];
    await Deno.writeTextFile(`${directory}/index`, "");
    await Deno.writeTextFile(`${directory}/config`, `${lines.join("\n")}\n`);
    await openssl([
      ...["ca", "-batch", "-selfsign", "-config", `${directory}/config`, "-keyfile", key],
      ...["-in", request, "-out", cert, "-notext"],
      ...["-startdate", "20240101000000Z", "-enddate", "20240201000000Z"],
    ]);
  });
}
