/** A shell in which the documentation's commands are typed, as one of the product's accounts. */
import { assertEquals } from "@std/assert";
import { manifestNamespace, serviceAccount } from "../../cluster/manifests.ts";
import { place } from "../e2e_place.ts";
import type { Admin } from "./admin.ts";

/** What makes a shell. */
export interface ShellOptions {
  admin: Admin;
  account: "viewer" | "editor";
  server: string;
  /** Path of the file with the cluster's authority. */
  authority: string;
  kubectl: string;
  /** `PATH`, with jq. */
  path: string;
  /** Files in the directory of the shell. */
  files?: Record<string, string>;
}

/** A bash with `oc`, which is kubectl as the account, in the product's namespace. */
export class UserShell {
  readonly #directory: string;
  readonly #path: string;

  private constructor(directory: string, path: string) {
    this.#directory = directory;
    this.#path = path;
  }

  /** A shell with a directory of its own. */
  static async open(options: ShellOptions): Promise<UserShell> {
    const { admin, account, server, authority, kubectl, path, files = {} } = options;
    const directory = `${place.shells}/${account}`;
    await Deno.mkdir(directory, { recursive: true });
    const token = (await admin.run("create", "token", serviceAccount(account))).trim();
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "e2e",
      clusters: [{ name: "e2e", cluster: { server, "certificate-authority": authority } }],
      users: [{ name: account, user: { token } }],
      contexts: [{
        name: "e2e",
        context: { cluster: "e2e", user: account, namespace: manifestNamespace },
      }],
    };
    await Deno.writeTextFile(`${directory}/kubeconfig`, JSON.stringify(kubeconfig), {
      mode: 0o600,
    });
    const oc = `#!/bin/sh\nexec ${kubectl} --kubeconfig ${directory}/kubeconfig "$@"\n`;
    await Deno.writeTextFile(`${directory}/oc`, oc, { mode: 0o700 });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${directory}/${name}`, text);
    }
    return new UserShell(directory, `${directory}:${path}`);
  }

  /** Runs a command to its end; it must succeed. */
  async run(command: string): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-o", "pipefail", "-c", command],
      cwd: this.#directory,
      env: { PATH: this.#path, KUBECACHEDIR: `${this.#directory}/cache` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    assertEquals(code, 0, `${command}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}
