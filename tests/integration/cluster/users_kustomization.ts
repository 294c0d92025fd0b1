/** A kustomization that is based on one of the manifests', as the README has it. */
import { assertEquals } from "@std/assert";
import { parse, stringify } from "@std/yaml";

// deno-lint-ignore no-explicit-any
type Any = any;

const root = new URL("../../../", import.meta.url).pathname;

/** The namespace in the README's example. */
export const usersNamespace = "file-integrity";

/** A directory with a kustomization of a user's. */
export interface UsersKustomization extends AsyncDisposable {
  directory: string;
}

/** What a user writes: the README's own kustomization, on an overlay, changed. */
export async function usersKustomization(
  overlay: string,
  change: (kustomization: Any) => void,
): Promise<UsersKustomization> {
  const readme = await Deno.readTextFile(`${root}README.md`);
  const [, example = ""] = /^```yaml\n(resources:\n[^]*?)^```$/m.exec(readme) ?? [];
  const kustomization = parse(example) as Any;
  assertEquals(kustomization.resources, ["file-integrity-operator/manifests"]);
  assertEquals(kustomization.namespace, usersNamespace);
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "overlay-" }));
  const up = "../".repeat(directory.split("/").length - 1);
  kustomization.resources = [`${up}${(await Deno.realPath(root)).slice(1)}/${overlay}`];
  change(kustomization);
  await Deno.writeTextFile(`${directory}/kustomization.yaml`, stringify(kustomization));
  return {
    directory,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}
