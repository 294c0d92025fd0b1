/** A kustomization that is based on one of the manifests', as manifests/README.md has it. */
import { assertEquals } from "@std/assert";
import { parse, stringify } from "@std/yaml";
import { userBlocks } from "../../docs/document.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const root = new URL("../../../", import.meta.url).pathname;

/** The namespace in that example. */
export const usersNamespace = "file-integrity";

/** A directory with a kustomization of a user's. */
export interface UsersKustomization extends AsyncDisposable {
  directory: string;
}

/** What a user writes: the documented kustomization, on an overlay, changed. */
export async function usersKustomization(
  overlay: string,
  change: (kustomization: Any) => void,
): Promise<UsersKustomization> {
  const [example = ""] = (await userBlocks())
    .filter(({ section }) => section === "Another image, another namespace")
    .map(({ text }) => text);
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
