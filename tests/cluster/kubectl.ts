/** The program kubectl, run as a cluster's admin. */

/** What a run of it left. */
export interface KubectlOutput {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs kubectl to its end; its cache of the API is the cluster's own. */
export async function runKubectl(
  { program, home, args, stdin }: {
    program: string;
    home: string;
    args: readonly string[];
    stdin?: string | undefined;
  },
): Promise<KubectlOutput> {
  const child = new Deno.Command(program, {
    args: [...args],
    // Clusters of different times may have the same port, and so the same place in the usual cache.
    env: { KUBECACHEDIR: `${home}/kubectl-cache` },
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    // kubectl may end without reading it all; its exit code says why.
    await writer.write(new TextEncoder().encode(stdin)).then(() => writer.close())
      .catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
