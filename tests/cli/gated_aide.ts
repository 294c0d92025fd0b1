import type { ScanHost } from "./scan_host.ts";

/** An AIDE program whose runs, but for `--version`, tell their process id, and may be held back at their start. */
export interface GatedAide {
  /** The program. */
  path: string;
  /** Waits for a run to begin and gives its process id, which stays AIDE's own. */
  begun(): Promise<number>;
  /** Lets the run that is held back go on. */
  release(): Promise<void>;
}

// AIDE runs at idle priority: on a busy machine it gets a hundredth of a processor, or less.
const deadlineMs = 300_000;
const lookEveryMs = 20;

/** Asks again and again until there is an answer; throws when the deadline comes first. */
export async function answer<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    const answered = await ask();
    if (answered !== undefined) return answered;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Error(`Waited in vain for ${what}`);
}

/** Puts a gate before the host's AIDE; with `hold`, every run waits at it. */
export async function gatedAide(host: ScanHost, hold: boolean): Promise<GatedAide> {
  const gate = `${host.directory}/gate`;
  const begun = `${host.directory}/begun`;
  await new Deno.Command("mkfifo", { args: [gate] }).output();
  const path = await host.file(
    "gated-aide",
    `#!/bin/sh
case "$*" in *--version*) exec "${host.aide}" "$@" ;; esac
echo $$ > "${begun}.tmp"
mv "${begun}.tmp" "${begun}"
${hold ? `read -r _ < "${gate}"` : ""}
exec "${host.aide}" "$@"
`,
  );
  await Deno.chmod(path, 0o755);
  return {
    path,
    async begun(): Promise<number> {
      const text = await answer("AIDE to begin", async () => {
        return await Deno.readTextFile(begun).catch(() => undefined);
      });
      await Deno.remove(begun);
      return Number(text);
    },
    release: () => Deno.writeTextFile(gate, "\n"),
  };
}

/** Waits until the process `pid` has the file at `path` open. */
export async function hasOpen(pid: number, path: string): Promise<void> {
  await answer(`${path} to be opened`, async () => {
    for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
      const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
      if (target === path) return true;
    }
    return undefined;
  });
}

/** Whether the process `pid` still runs. */
export async function isRunning(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => undefined);
  return status !== undefined && !/\) [ZX] /.test(status);
}
