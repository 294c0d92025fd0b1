/** Ends clusters: their processes first, then their files. */
import { type RecordedComponent, recordedComponents, runDirectory } from "./component_process.ts";
import { endProcess } from "./process_identity.ts";

// Writers before what they write to: each gets to say its last words.
const order = [["kube-scheduler", "kube-controller-manager"], ["kube-apiserver"], ["etcd"]];

/** Called with each step that is worth a line. */
export type Progress = (text: string) => void;

async function endComponents(
  components: readonly RecordedComponent[],
  progress: Progress,
): Promise<void> {
  for (const together of order) {
    await Promise.all(
      components.filter(({ name }) => together.includes(name)).map(async ({ name, process }) => {
        const how = await endProcess(process);
        if (how !== "gone before") progress(`${name} (${process.pid}) ${how}`);
      }),
    );
  }
}

/**
 * Ends the processes of the cluster in `home` that are still those it recorded, and no other. What is about to start
 * there does not start any more.
 */
export async function endProcesses(home: string, progress: Progress): Promise<void> {
  const run = runDirectory(home);
  // A starter that was under way finds no place to record itself, so what the directory has now is all there is.
  const closed = `${run}.ending-${crypto.randomUUID()}`;
  await Deno.rename(run, closed).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  });
  const state = run.replace(/\/[^/]*$/, "");
  const directories: string[] = []; // more than one where an earlier end was cut short
  try {
    for await (const { name } of Deno.readDir(state)) {
      if (name.startsWith("run.ending-")) directories.push(`${state}/${name}`);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  }
  for (const directory of directories) {
    await endComponents(await recordedComponents(directory), progress);
    await Deno.remove(directory, { recursive: true });
  }
}

/** Ends the cluster in `home` and removes that directory. Whoever calls this has locked the cluster. */
export async function endCluster(home: string, progress: Progress): Promise<void> {
  await endProcesses(home, progress);
  await Deno.remove(home, { recursive: true }).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
  });
}
