/** A place of their own for tests that keep programs or clusters. */

/** Until its disposal, `FIO_CLUSTER_HOME` of this process is a new directory, which is then removed. */
export async function ownClusterHome(): Promise<AsyncDisposable & { path: string }> {
  const before = Deno.env.get("FIO_CLUSTER_HOME");
  const path = await Deno.makeTempDir({ prefix: "cluster-home-" });
  Deno.env.set("FIO_CLUSTER_HOME", path);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      if (before === undefined) Deno.env.delete("FIO_CLUSTER_HOME");
      else Deno.env.set("FIO_CLUSTER_HOME", before);
      await Deno.remove(path, { recursive: true });
    },
  };
}

/** The names of all that is kept of programs below a cluster home, without locks; sorted. */
export async function keptNames(home: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(`${home}/programs`)) {
      if (!name.endsWith(".lock")) names.push(name);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  return names.sort();
}
