// deno-lint-ignore-file no-console -- a command line tool
/** Says all that helps to find out why the test failed. */
import { nodeFiles } from "./node_files.ts";
import type { Admin } from "./walk/admin.ts";

const lines = 40;

function section(title: string, text: string, last = lines): void {
  const kept = text.trimEnd().split("\n").slice(-last).map((line) => line.slice(0, 600));
  console.error(`----- ${title}\n${kept.join("\n")}`);
}

/** Prints objects, events, the logs of all pods, and the ends of the kubelet's and containerd's. */
export async function explain(admin: Admin): Promise<void> {
  const ask = async (title: string, args: string[], last?: number): Promise<void> => {
    const { stdout, stderr } = await admin.try(...args, "--request-timeout=10s");
    section(title, stdout + stderr, last);
  };
  await ask("nodes and pods", ["get", "nodes,pods,ds,deployments", "-A", "-o", "wide"]);
  await ask("results", ["get", "fileintegrities,fileintegritynodestatuses", "-o", "yaml"], 150);
  await ask("events", ["get", "events", "-A", "--sort-by=.lastTimestamp"], 60);
  const pods = (await admin.try("get", "pods", "-o", "name")).stdout.trim().split("\n");
  for (const pod of pods.filter((name) => name !== "")) {
    await ask(`log of ${pod}`, ["logs", pod]);
    const before = await admin.try("logs", pod, "--previous", "--request-timeout=10s");
    if (before.code === 0) section(`log of ${pod} before its restart`, before.stdout);
  }
  for (const name of ["kubelet", "containerd"]) {
    const text = await Deno.readTextFile(`${nodeFiles.logs}/${name}.log`).catch(() => "");
    section(`the ${name}'s log`, text);
  }
}
