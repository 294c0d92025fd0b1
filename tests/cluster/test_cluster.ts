/** The cluster that integration tests run on, with an own namespace and own accounts for each test. */
import { parse } from "@std/yaml";
import { type KubectlOutput, runKubectl } from "./kubectl.ts";
import { emptyNode, podOf } from "./node_objects.ts";
import {
  type AccessReview,
  accessReviews,
  type Account,
  namespacedManifests,
  readManifests,
  serviceAccount,
} from "./manifests.ts";

export type { Account, KubectlOutput };

/** How kubectl is run. */
export interface KubectlOptions {
  /** What it reads from stdin; nothing by default. */
  stdin?: string;
  /** The account of `namespace` that it runs as; the cluster's admin by default, which is for set-up only. */
  as?: Account;
  /** Its `--namespace`. */
  namespace?: string;
}

/** A namespace of one test. */
export interface TestNamespace {
  name: string;
  /**
   * A token of an account, by TokenRequest; the same one each time. With `node` it is bound to a pod of the account on
   * that node, as a daemon needs it to write; the Node is made where there is none, takes no pods, and stays.
   */
  token(account: Account, node?: string): Promise<string>;
  /** A directory as pods have it: `token`, `ca.crt`, `namespace`. It may be written to; each call gives a new one. */
  credentials(account: Account, node?: string): Promise<string>;
}

/** The cluster that the test run started; its directory comes in the environment variable `FIO_TEST_CLUSTER`. */
export interface TestCluster {
  /** https://127.0.0.1:PORT */
  server: string;
  /** The cluster's directory. */
  home: string;
  caFile: string;
  /** PEM. */
  ca: string;
  /** Path of the kubeconfig of an account that may do everything. */
  adminKubeconfig: string;
  /** Path of the audit log, in lines of JSON; the entry of a call is there once the call is answered. */
  auditLog: string;
  /** Runs the real kubectl to its end. */
  kubectl(args: string[], options?: KubectlOptions): Promise<KubectlOutput>;
  /** A new namespace with our accounts and their roles bound in it; `await using` deletes it. */
  namespace(prefix: string): Promise<TestNamespace & AsyncDisposable>;
}

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

function list(items: readonly unknown[]): unknown {
  return { apiVersion: "v1", kind: "List", items };
}

class RunningCluster implements TestCluster {
  readonly server: string;
  readonly ca: string;
  readonly caFile: string;
  readonly adminKubeconfig: string;
  readonly auditLog: string;
  readonly #kubectl: string;
  readonly #tokens = new Map<string, Promise<string>>();

  constructor(readonly home: string, read: { server: string; ca: string; kubectl: string }) {
    this.server = read.server;
    this.ca = read.ca;
    this.caFile = `${home}/state/pki/ca.crt`;
    this.adminKubeconfig = `${home}/admin.kubeconfig`;
    this.auditLog = `${home}/state/log/audit.log`;
    this.#kubectl = read.kubectl;
  }

  async kubectl(args: string[], options: KubectlOptions = {}): Promise<KubectlOutput> {
    const { stdin, namespace } = options;
    const inNamespace = namespace === undefined ? [] : ["--namespace", namespace];
    return await runKubectl({
      program: this.#kubectl,
      home: this.home,
      args: [...await this.#identity(options), ...inNamespace, ...args],
      stdin,
    });
  }

  async namespace(prefix: string): Promise<TestNamespace & AsyncDisposable> {
    const name = `${prefix}-${crypto.randomUUID().slice(0, 8)}`;
    const items = namespacedManifests(await readManifests(), name);
    await this.#set(["apply", "--server-side", "-f", "-"], list(items));
    await this.#granted(accessReviews(items));
    const ofCluster = items.filter(({ kind }) => kind === "ClusterRoleBinding");
    const directories: string[] = [];
    return {
      name,
      token: (account, node) => this.#token(name, account, node),
      credentials: async (account, node) => {
        const directory = await Deno.makeTempDir({ prefix: `${name}-${account}-` });
        directories.push(directory);
        await Deno.writeTextFile(`${directory}/token`, await this.#token(name, account, node));
        await Deno.writeTextFile(`${directory}/ca.crt`, this.ca);
        await Deno.writeTextFile(`${directory}/namespace`, name);
        return directory;
      },
      [Symbol.asyncDispose]: async () => {
        for (const directory of directories) await Deno.remove(directory, { recursive: true });
        for (const { metadata } of ofCluster) {
          await this.#set(["delete", "clusterrolebinding", metadata.name]);
        }
        await this.#set(["delete", "namespace", name, "--wait=false"]);
      },
    };
  }

  /** Waits until the API server, which watches roles and bindings itself, has taken note of them. */
  async #granted(reviews: readonly AccessReview[]): Promise<void> {
    if (reviews.length === 0) return;
    const answers = ["--output", 'jsonpath={.status.allowed}{"\\n"}'];
    const deadline = performance.now() + 30_000;
    while (true) {
      const said = await this.#set(["create", "-f", "-", ...answers], list(reviews));
      const allowed = said.trim().split("\n");
      if (allowed.length === reviews.length && allowed.every((one) => one === "true")) return;
      if (performance.now() > deadline) {
        const at = reviews[allowed.findIndex((one) => one !== "true")]?.spec;
        throw new Error(`A role does not take effect: ${JSON.stringify(at)} is not allowed`);
      }
    }
  }

  async #identity({ as, namespace }: KubectlOptions): Promise<string[]> {
    if (as === undefined) return ["--kubeconfig", this.adminKubeconfig];
    if (namespace === undefined) {
      throw new TypeError(`Cannot run kubectl as ${as}: the account's namespace is not given`);
    }
    return [
      ...["--kubeconfig", "/dev/null", "--server", this.server],
      ...["--certificate-authority", this.caFile],
      ...["--token", await this.#token(namespace, as)],
    ];
  }

  #token(namespace: string, account: Account, node?: string): Promise<string> {
    const key = `${namespace}/${account}/${node ?? ""}`;
    const known = this.#tokens.get(key);
    if (known !== undefined) return known;
    const request = async (): Promise<string> => {
      const args = ["--namespace", namespace, "create", "token", serviceAccount(account)];
      if (node !== undefined) {
        const pod = await this.#podOn(node, namespace, account);
        args.push("--bound-object-kind", "Pod", "--bound-object-name", pod);
      }
      return (await this.#set(args)).trim();
    };
    const token = request();
    this.#tokens.set(key, token);
    return token;
  }

  /** Makes a pod of an account on a node, for its name in tokens: nothing runs there. */
  async #podOn(node: string, namespace: string, account: Account): Promise<string> {
    const { code, stderr } = await this.kubectl(["create", "-f", "-"], {
      stdin: JSON.stringify(emptyNode(node)),
    });
    if (code !== 0 && !stderr.includes("AlreadyExists")) {
      throw new Error(`Cannot create the Node ${node}: ${stderr}`);
    }
    const pod = podOf(serviceAccount(account), namespace, node);
    await this.#set(["create", "-f", "-"], pod);
    return pod.metadata.name;
  }

  async #set(args: string[], input?: unknown): Promise<string> {
    const stdin = input === undefined ? {} : { stdin: JSON.stringify(input) };
    const { code, stdout, stderr } = await this.kubectl(args, stdin);
    if (code !== 0) throw new Error(`"kubectl ${args.join(" ")}" ended with ${code}: ${stderr}`);
    return stdout;
  }
}

let running: Promise<TestCluster> | undefined;

/** Opens the cluster whose directory is `home`. */
export async function openCluster(home: string): Promise<TestCluster> {
  const text = await Deno.readTextFile(`${home}/admin.kubeconfig`);
  const server = (parse(text) as Kubeconfig).clusters[0]?.cluster.server;
  if (server === undefined) {
    throw new Error(`Cannot read ${home}/admin.kubeconfig: it has no server`);
  }
  const ca = await Deno.readTextFile(`${home}/state/pki/ca.crt`);
  const own = `${home}/bin/kubectl`;
  return new RunningCluster(home, { server, ca, kubectl: await exists(own) ? own : "kubectl" });
}

/** The cluster to test on; throws where `FIO_TEST_CLUSTER` names no cluster's directory. */
export function testCluster(): Promise<TestCluster> {
  const home = Deno.env.get("FIO_TEST_CLUSTER");
  if (!home) {
    throw new Error(
      "Cannot open the test cluster: FIO_TEST_CLUSTER is not set; run the tests with `deno task test`",
    );
  }
  return running ??= openCluster(home);
}

/** Options of `clusterTest`: those of `Deno.test` but for what it sets itself. */
export type ClusterTestOptions = Omit<Deno.TestDefinition, "name" | "fn" | "ignore">;

/** A test on the test cluster, ignored (and so counted as skipped) where `FIO_TEST_CLUSTER` is not set. */
export function clusterTest(
  name: string,
  run: (cluster: TestCluster) => Promise<void>,
  options: ClusterTestOptions = {},
): void {
  Deno.test({
    ...options,
    name,
    ignore: !Deno.env.get("FIO_TEST_CLUSTER"),
    fn: async () => await run(await testCluster()),
  });
}
