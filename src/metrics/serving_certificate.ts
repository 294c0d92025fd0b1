import { createPrivateKey, X509Certificate } from "node:crypto";
import { isPem } from "../kube/reread_file.ts";
import type { Clock } from "../system/clock.ts";

/** A certificate with its key, both in PEM. */
export interface ServingCertificate {
  /** The certificate, and those between it and the one that is trusted. */
  cert: string;
  key: string;
}

/** Who is told of certificates. */
export interface CertificateListener {
  /** A certificate that is there now and was not before; rejects when it can't be used. */
  use(certificate: ServingCertificate): Promise<void>;
  /** There is none, or it can't be used; told when that or the reason is new. Said is what to do. */
  problem(text: string): void;
  /** The one that is used has expired, so that whoever asks will refuse it; told once of each. */
  expired(since: Date): void;
}

/**
 * Milliseconds between two looks: for the first certificate, which an installation brings within its first minute or
 * not at all, and later. The kubelet takes up to a minute to show what changed, so sooner would mostly be too soon.
 */
const lookForFirst = 5_000;
const lookLater = 60_000;
const firstLooks = 12;

/** The file of the authority that issued the certificate, where whoever made the Secret put it there. */
export const authorityFile = "ca.crt";

async function readCertificate(directory: string): Promise<ServingCertificate> {
  // The kubelet replaces both files at once, by another directory behind a link.
  const place = (await Deno.realPath(`${directory}/tls.crt`)).replace(/\/[^/]*$/, "");
  const [cert, key] = await Promise.all(
    ["tls.crt", "tls.key"].map((name) => Deno.readTextFile(`${place}/${name}`)),
  );
  if (!isPem(cert ?? "") || !isPem(key ?? "")) {
    throw new TypeError("tls.crt and tls.key are to be a certificate and its key, both in PEM");
  }
  return checked({ cert: cert ?? "", key: key ?? "" });
}

const usableKeys = new Set(["rsa", "ed25519", "prime256v1", "secp384r1", "secp521r1"]);

/** A server would take anything, and then end every connection without a word. */
function checked(certificate: ServingCertificate): ServingCertificate {
  let own, key;
  try {
    const chain = certificate.cert.split(/(?=-----BEGIN )/).filter((one) => isPem(one));
    [own] = chain.map((one) => new X509Certificate(one));
    key = createPrivateKey(certificate.key);
  } catch (cause) {
    throw new TypeError(
      "tls.crt is not of certificates alone, or tls.key no key without a password",
      { cause },
    );
  }
  if (own?.checkPrivateKey(key) !== true) {
    throw new TypeError("tls.key is not the key of the first certificate in tls.crt");
  }
  const kind = key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType ?? "";
  if (!usableKeys.has(kind)) {
    throw new TypeError(
      `tls.key is of a kind that can't be used (${kind}): take RSA, P-256, P-384, P-521 or Ed25519`,
    );
  }
  return certificate;
}

/** Whether the certificate in a directory comes with the certificate of the authority that issued it. */
export async function hasAuthority(directory: string): Promise<boolean> {
  return await Deno.readTextFile(`${directory}/${authorityFile}`).then(isPem, () => false);
}

/** Follows the certificate in a directory, as a Secret of type kubernetes.io/tls is mounted, until the signal aborts. */
export async function followCertificate(
  directory: string,
  listener: CertificateListener,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  let used: string | undefined;
  let said: string | undefined;
  let end = Infinity;
  for (let looks = 1; !signal.aborted; looks++) {
    try {
      const certificate = await readCertificate(directory);
      const what = JSON.stringify(certificate);
      if (what !== used) {
        await listener.use(certificate);
        end = Date.parse(new X509Certificate(certificate.cert).validTo);
      }
      used = what;
      said = undefined;
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      const text = missing
        ? `there is no certificate in ${directory}`
        : `the certificate in ${directory} can't be used: ${
          error instanceof Error ? error.message : String(error)
        }`;
      if (text !== said && !signal.aborted) listener.problem(text);
      said = text;
    }
    if (end <= clock.now() && !signal.aborted) {
      listener.expired(new Date(end));
      end = Infinity;
    }
    const soon = used === undefined && looks <= firstLooks;
    await clock.sleep(soon ? lookForFirst : lookLater, signal);
  }
}
