/** A shell in which the documentation's commands are typed, as one of the product's accounts. */
import { assertEquals } from "@std/assert";
import { manifestNamespace, serviceAccount } from "../../cluster/manifests.ts";
import { place } from "../e2e_place.ts";
import { everythingFileIntegrity, workerFileIntegrity } from "./documented_files.ts";
import type { Walk } from "./walk.ts";

/** A bash with `oc`, which is kubectl as the account, in the product's namespace and a directory with its files. */
export class UserShell {
  readonly #directory: string;
  readonly #path: string;

  private constructor(directory: string, path: string) {
    this.#directory = directory;
    this.#path = path;
  }

  /** A shell as an account that there is once the product is installed. */
  static async open(
    { admin, plan, server, authority }: Walk,
    account: "viewer" | "editor",
  ): Promise<UserShell> {
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
    const kubectl = `${plan.programs.paths.kubectl} --kubeconfig ${directory}/kubeconfig`;
    const file = async (name: string, text: string, mode = 0o600): Promise<void> =>
      await Deno.writeTextFile(`${directory}/${name}`, text, { mode });
    await file("kubeconfig", JSON.stringify(kubeconfig));
    await file("oc", `#!/bin/sh\nexec ${kubectl} "$@"\n`, 0o700);
    await file("worker-fileintegrity.yaml", await workerFileIntegrity());
    await file("everything.yaml", everythingFileIntegrity);
    return new UserShell(directory, `${directory}:${plan.path}`);
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
