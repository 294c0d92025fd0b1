/** A cluster of a test's own on which the documents are followed: three nodes, and a shell in a clone. */

import { assertEquals } from "@std/assert";
import { parseAll } from "@std/yaml";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import { validateFileIntegrity } from "../../../src/api/validate.ts";
import type { TestCluster } from "../../cluster/test_cluster.ts";
import { type Block, placeOf } from "../../docs/document.ts";
import { missingLine } from "../../docs/loose_output.ts";
import { type DocumentedCommand, sessionOf } from "../../docs/session.ts";
import { TestNodes } from "../../kubelet/test_nodes.ts";
import { ownControlPlane } from "./own_control_plane.ts";

const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");
const patience = 240_000;

/** The nodes, as the documents call them. */
export const documentedNodes = ["worker-1", "worker-2", "worker-3"] as const;

/** What a command left. */
interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

// Asked again until they say what is shown: what they tell of needs its time.
const asks = /^kubectl (?:-\S+ \S+ )?(?:get|describe|auth can-i|explain)\b/;
// One that changes nothing is no command of a document's reader twice.
const follows = /^kubectl get .* -w$/;

/** The cluster, the nodes and the shell. */
export class DocumentedCluster implements AsyncDisposable {
  private constructor(
    readonly cluster: TestCluster,
    readonly nodes: TestNodes,
    /** Where the reader is: a directory with the repository's own in it. */
    readonly directory: string,
    readonly namespace: string,
    readonly parts: AsyncDisposableStack,
  ) {}

  /** Starts it, with nothing of ours. */
  static async start(besides: TestCluster, namespace: string): Promise<DocumentedCluster> {
    await using parts = new AsyncDisposableStack();
    const plane = parts.use(await ownControlPlane(besides, { bare: true }));
    const nodes = parts.use(
      await TestNodes.start(plane.cluster, {
        nodes: documentedNodes.map((name) => ({
          ...{ name, labels: { "node-role.kubernetes.io/worker": "" } },
        })),
      }),
    );
    const directory = await Deno.makeTempDir({ prefix: "documents-" });
    parts.defer(() => Deno.remove(directory, { recursive: true }));
    for (const name of ["crds", "manifests", "tests"]) {
      await Deno.symlink(`${root}/${name}`, `${directory}/${name}`);
    }
    await Deno.symlink(root, `${directory}/file-integrity-operator`); // or beside it
    const { cluster } = plane;
    await Deno.mkdir(`${directory}/bin`);
    await Deno.copyFile(cluster.adminKubeconfig, `${directory}/kubeconfig`);
    const own = `${cluster.home}/bin/kubectl`;
    const kubectl = await Deno.stat(own).then(() => own, () => "kubectl");
    if (kubectl === own) await Deno.symlink(own, `${directory}/bin/kubectl`);
    const program = `exec '${Deno.execPath()}' run --quiet -A --no-check ` +
      `'--config=${root}/deno.json' '${root}/src/main.ts' "$@"\n`;
    await Deno.writeTextFile(`${directory}/bin/file-integrity-operator`, `#!/bin/sh\n${program}`, {
      mode: 0o755,
    });
    return new DocumentedCluster(cluster, nodes, directory, namespace, parts.move());
  }

  #command(command: string): Deno.Command {
    return new Deno.Command("timeout", { // it may wait for something that never comes
      args: [`${patience / 1000}`, "bash", "-o", "pipefail", "-c", command],
      cwd: this.directory,
      env: {
        PATH: `${this.directory}/bin:${Deno.env.get("PATH")}`,
        KUBECONFIG: `${this.directory}/kubeconfig`,
        KUBECACHEDIR: `${this.directory}/cache`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs a command in the reader's shell. */
  async shell(command: string): Promise<Said> {
    const { code, stdout, stderr } = await this.#command(command).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** Runs kubectl for the test's own ends, in the namespace; throws where it fails. */
  async kubectl(args: string[], stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.cluster.kubectl(args, {
      namespace: this.namespace,
      ...(stdin !== undefined && { stdin }),
    });
    assertEquals(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Waits until something holds, and gives it; throws with `what` and the state of all where it never does. */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const end = performance.now() + patience;
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() > end) {
        const state = await this.shell("kubectl get fileintegrities,fins,ds,pods -A -o wide");
        const logs = this.nodes.logs().slice(-30).join("\n");
        throw new Error(`It never was that ${what}; there is:\n${state.stdout}\n${logs}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Waits until the newest result of a node is as it should be. */
  async untilResult(
    name: string,
    what: string,
    fits: (status: StoredNodeStatus) => boolean,
  ): Promise<void> {
    await this.until(`${name} ${what}`, async () => {
      const text = await this.kubectl(["get", "fins", name, "-o", "json", "--ignore-not-found"]);
      return text.trim() !== "" && fits(JSON.parse(text));
    });
  }

  /** Runs a command as it stands in a document, until it says what is shown. Gives what it says. */
  async follow({ command, shown }: DocumentedCommand): Promise<string> {
    if (follows.test(command)) return await this.#watch(command, shown);
    let said: Said;
    let missing: string | undefined;
    const end = performance.now() + patience;
    do {
      said = await this.shell(command);
      missing = shown.length === 0 ? undefined : missingLine(shown, said.stdout);
      if (said.code === 0 && missing === undefined) return said.stdout;
      await new Promise((resolve) => setTimeout(resolve, 500));
    } while (asks.test(command) && performance.now() < end);
    throw new Error(
      `$ ${command}\nended with ${said.code}; missing is: ${missing}\n${said.stdout}${said.stderr}`,
    );
  }

  async #watch(command: string, shown: readonly string[]): Promise<string> {
    const child = this.#command(`exec ${command}`).spawn();
    const errors = new Response(child.stderr).text();
    let text = "";
    for await (const piece of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += piece;
      const begun = text.slice(0, text.lastIndexOf("\n") + 1);
      if (missingLine([...shown, "…"], begun) === undefined) break;
    }
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended
    }
    await child.status;
    assertEquals(
      missingLine([...shown, "…"], text),
      undefined,
      `${command}: ${text}${await errors}`,
    );
    await errors;
    return text;
  }

  /** A block with this machine's paths in place of those that it can't know. */
  #here(block: Block): Block {
    const text = block.text.replaceAll("…/kubeconfig", `${this.directory}/kubeconfig`)
      .replace(/\/tmp\/test-kubelet-…\/hosts\/([\w-]+)/g, (_, node) => this.nodes.hostRoot(node));
    return { ...block, text };
  }

  /** Follows a block: runs its commands, or has the cluster judge its objects. Gives what the commands said. */
  async block(documented: Block): Promise<string[]> {
    const block = this.#here(documented);
    if (block.language === "yaml") {
      await this.#objects(block);
      return [];
    }
    const said: string[] = [];
    for (const command of sessionOf(block)) {
      said.push(
        await this.follow(command).catch((error) => {
          throw new Error(`${placeOf(block)}: ${error.message}`);
        }),
      );
    }
    return said;
  }

  /** A block whose first line names a file is that file from then on. */
  async #objects(block: Block): Promise<void> {
    const file = /^# (\S+\.yaml)$/m.exec(block.text.split("\n", 1)[0] ?? "")?.[1];
    if (file !== undefined) {
      const path = `${this.directory}/${file}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeTextFile(path, block.text);
    }
    const objects = parseAll(block.text) as { kind?: string }[];
    if (file?.endsWith("kustomization.yaml")) {
      const directory = file.slice(0, Math.max(file.lastIndexOf("/"), 0)) || ".";
      const { code, stderr } = await this.shell(`kubectl kustomize ${directory}`);
      assertEquals(code, 0, `${placeOf(block)}: ${stderr}`);
      return;
    }
    const args = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
    const { code, stderr } = await this.cluster.kubectl(args, { stdin: block.text });
    assertEquals(code, 0, `${placeOf(block)}: ${stderr}`);
    for (const object of objects.filter(({ kind }) => kind === "FileIntegrity")) {
      assertEquals(validateFileIntegrity(object).faults, [], placeOf(block));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.parts.disposeAsync();
  }
}
