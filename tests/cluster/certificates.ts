/** The certificates of a cluster: one authority, and what it vouches for. Made by the program openssl. */
import { runCommand } from "../setup/run_command.ts";

/** A certificate to be made. */
export interface Certificate {
  /** Of its files. */
  name: string;
  /** "/CN=kube-scheduler" */
  subject: string;
  usage: "serverAuth" | "clientAuth";
  /** "DNS:localhost,IP:127.0.0.1" */
  addresses?: string;
}

const loopback = "DNS:localhost,IP:127.0.0.1";

const certificates = (serviceAddress: string): readonly Certificate[] => [
  {
    name: "apiserver",
    subject: "/CN=kube-apiserver",
    usage: "serverAuth",
    addresses:
      `${loopback},DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:${serviceAddress}`,
  },
  {
    name: "controller-manager-serving",
    subject: "/CN=kube-controller-manager",
    usage: "serverAuth",
    addresses: loopback,
  },
  {
    name: "scheduler-serving",
    subject: "/CN=kube-scheduler",
    usage: "serverAuth",
    addresses: loopback,
  },
  { name: "admin", subject: "/O=system:masters/CN=admin", usage: "clientAuth" },
  {
    name: "controller-manager",
    subject: "/CN=system:kube-controller-manager",
    usage: "clientAuth",
  },
  { name: "scheduler", subject: "/CN=system:kube-scheduler", usage: "clientAuth" },
  {
    name: "apiserver-kubelet",
    subject: "/O=system:masters/CN=kube-apiserver-kubelet-client",
    usage: "clientAuth",
  },
];

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
const days = "3650";

async function openssl(directory: string, ...args: string[]): Promise<void> {
  try {
    await runCommand("openssl", args, { cwd: directory });
  } catch (cause) {
    if (cause instanceof Error && cause.cause instanceof Deno.errors.NotFound) {
      throw new Error(
        "Cannot make the cluster's certificates: openssl is not on PATH; install the package openssl",
        { cause },
      );
    }
    throw cause;
  }
}

/** Makes NAME.crt and NAME.key, vouched for by the authority in `directory`. */
export async function signCertificate(directory: string, certificate: Certificate): Promise<void> {
  const { name, subject, usage, addresses } = certificate;
  const extensions = [
    "basicConstraints=CA:FALSE",
    "keyUsage=digitalSignature",
    `extendedKeyUsage=${usage}`,
    ...addresses === undefined ? [] : [`subjectAltName=${addresses}`],
  ];
  await Deno.writeTextFile(`${directory}/${name}.ext`, `${extensions.join("\n")}\n`);
  const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", subject];
  await openssl(directory, "req", ...newKey, ...request);
  const authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-days", days];
  const serial = ["-set_serial", `0x${crypto.randomUUID().replaceAll("-", "").slice(0, 30)}`];
  const files = ["-in", `${name}.csr`, "-out", `${name}.crt`, "-extfile", `${name}.ext`];
  await openssl(directory, "x509", "-req", ...authority, ...serial, ...files);
  await Deno.remove(`${directory}/${name}.csr`);
  await Deno.remove(`${directory}/${name}.ext`);
}

/**
 * Makes all certificates and keys of a cluster in `directory`: `ca`, the servers' and the clients' as NAME.crt and
 * NAME.key, and the pair `sa.key`, `sa.pub` that signs the tokens of ServiceAccounts. Programs in pods find the API
 * server at `serviceAddress`.
 */
export async function makeCertificates(
  directory: string,
  serviceAddress: string,
): Promise<void> {
  const extensions = [
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign,digitalSignature"],
  ];
  const authority = ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test-ca"];
  await openssl(directory, "req", "-x509", ...newKey, "-days", days, ...authority, ...extensions);
  await Promise.all(
    certificates(serviceAddress).map((certificate) => signCertificate(directory, certificate)),
  );
  const curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
  await openssl(directory, "genpkey", ...curve, "-out", "sa.key");
  await openssl(directory, "pkey", "-in", "sa.key", "-pubout", "-out", "sa.pub");
}

/** Writes the kubeconfig of a client certificate, complete in itself, readable for its owner only. */
export async function writeKubeconfig(
  path: string,
  { pki, client, server }: { pki: string; client: string; server: string },
): Promise<void> {
  const data = async (file: string): Promise<string> =>
    (await Deno.readFile(`${pki}/${file}`)).toBase64();
  const text = `apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster:
      server: ${server}
      certificate-authority-data: ${await data("ca.crt")}
users:
  - name: ${client}
    user:
      client-certificate-data: ${await data(`${client}.crt`)}
      client-key-data: ${await data(`${client}.key`)}
contexts:
  - name: test
    context: { cluster: test, user: ${client} }
current-context: test
`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
}
