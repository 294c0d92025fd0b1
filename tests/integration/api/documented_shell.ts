/** Runs the documentation's commands word for word, as one account. */

import { assertEquals } from "@std/assert";
import type { Account, TestCluster, TestNamespace } from "../../cluster/test_cluster.ts";

const documentedNamespace = "openshift-file-integrity";
const sample = new URL("../../../manifests/samples/worker-fileintegrity.yaml", import.meta.url);
const deadline = 180_000;

/** A command that goes on until it is disposed of. */
export interface StartedCommand extends AsyncDisposable {
  /** The next line of its output; throws when there is none within a minute. */
  line(): Promise<string>;
}

/**
 * A bash with `oc`, which is kubectl as one account, in a directory with `worker-fileintegrity.yaml`. The documented
 * namespace stands for the test's in commands, files and outputs.
 */
export class DocumentedShell implements AsyncDisposable {
  readonly #directory: string;
  readonly #namespace: string;

  private constructor(directory: string, namespace: string) {
    this.#directory = directory;
    this.#namespace = namespace;
  }

  /** A shell as `account` of `namespace`. */
  static async of(
    cluster: TestCluster,
    namespace: TestNamespace,
    account: Account,
  ): Promise<DocumentedShell> {
    const directory = await Deno.makeTempDir({ prefix: "documented-" });
    const own = `${cluster.home}/bin/kubectl`;
    const kubectl = await Deno.stat(own).then(() => own, () => "kubectl");
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "test",
      clusters: [{
        name: "test",
        cluster: { server: cluster.server, "certificate-authority": cluster.caFile },
      }],
      users: [{ name: account, user: { token: await namespace.token(account) } }],
      contexts: [{
        name: "test",
        context: { cluster: "test", user: account, namespace: namespace.name },
      }],
    };
    const file = async (name: string, text: string, mode = 0o600): Promise<void> => {
      await Deno.writeTextFile(`${directory}/${name}`, text, { mode });
    };
    await file("kubeconfig", JSON.stringify(kubeconfig));
    await file(
      "oc",
      `#!/bin/sh\nexec ${kubectl} --kubeconfig ${directory}/kubeconfig "$@"\n`,
      0o700,
    );
    const text = await Deno.readTextFile(sample);
    await file(
      "worker-fileintegrity.yaml",
      text.replaceAll(documentedNamespace, namespace.name),
    );
    return new DocumentedShell(directory, namespace.name);
  }

  #command(command: string): Deno.Command {
    return new Deno.Command("bash", {
      args: ["-o", "pipefail", "-c", command.replaceAll(documentedNamespace, this.#namespace)],
      cwd: this.#directory,
      env: {
        PATH: `${this.#directory}:${Deno.env.get("PATH")}`,
        KUBECACHEDIR: `${this.#directory}/cache`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  /** Runs a command to its end; it must succeed. */
  async run(command: string): Promise<{ stdout: string; stderr: string }> {
    const { code, stdout, stderr } = await this.#command(command).output();
    const text = (bytes: Uint8Array): string =>
      new TextDecoder().decode(bytes).replaceAll(this.#namespace, documentedNamespace);
    assertEquals(code, 0, `${command}: ${text(stderr)}`);
    return { stdout: text(stdout), stderr: text(stderr) };
  }

  /** Starts a command that doesn't end by itself. */
  start(command: string): StartedCommand {
    const child = this.#command(`exec ${command}`).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const errors = new Response(child.stderr).text();
    let text = "";
    return {
      async line(): Promise<string> {
        const end = setTimeout(() => child.kill("SIGKILL"), deadline);
        try {
          while (!text.includes("\n")) {
            const { value, done } = await reader.read();
            if (done) throw new Error(`"${command}" ended: ${await errors}`);
            text += value;
          }
        } finally {
          clearTimeout(end);
        }
        const at = text.indexOf("\n");
        const line = text.slice(0, at).trimEnd();
        text = text.slice(at + 1);
        return line;
      },
      async [Symbol.asyncDispose](): Promise<void> {
        try {
          child.kill("SIGTERM");
        } catch (error) {
          if (!(error instanceof TypeError)) throw error; // it has ended
        }
        await reader.cancel();
        await errors;
        await child.status;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}
