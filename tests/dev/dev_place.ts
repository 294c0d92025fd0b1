/** The files of `deno task dev` on a test cluster. */

/** A directory of its own, in that of the cluster. */
export interface DevPlace extends AsyncDisposable {
  directory: string;
}

/** Takes the place for a namespace of a cluster; throws where another `deno task dev` has it. Disposal removes it. */
export async function takePlace(home: string, namespace: string): Promise<DevPlace> {
  const directory = `${home}/dev/${namespace}`;
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  const lock = await Deno.open(`${directory}/lock`, { create: true, write: true });
  if (!await lock.tryLock(true)) {
    lock.close();
    throw new Error(
      `Another "deno task dev" runs in namespace ${namespace} of this cluster: end it, or give --namespace and --node-prefix`,
    );
  }
  for await (const { name } of Deno.readDir(directory)) { // of one that was killed
    if (name !== "lock") await Deno.remove(`${directory}/${name}`, { recursive: true });
  }
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      // With the cluster's own directory it may be gone.
      await Deno.remove(directory, { recursive: true }).catch(() => {});
      lock.close();
    },
  };
}
