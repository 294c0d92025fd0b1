import type { KubectlOutput } from "./kubectl.ts";

interface Definition {
  metadata: { name: string };
  // `null` at first.
  status?: { conditions?: { type: string; status: string }[] | null };
}

const isEstablished = ({ status }: Definition): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Established" && status === "True") ??
    false;

/**
 * Waits, for a minute at most, until CustomResourceDefinitions are established and what they define is served; all
 * there are, where none is named. `kubectl wait` fails where it looks before there are any conditions, and what is
 * established still answers 429 for a moment: it serves when a list is answered.
 */
export async function untilServed(
  kubectl: (args: string[]) => Promise<KubectlOutput>,
  names: readonly string[] = [],
): Promise<void> {
  const end = performance.now() + 60_000;
  const demand = async (args: string[], fits: (stdout: string) => boolean): Promise<string> => {
    while (true) {
      const { code, stdout, stderr } = await kubectl(args);
      if (code === 0 && fits(stdout)) return stdout;
      if (performance.now() > end) {
        throw new Error(
          `"kubectl ${
            args.join(" ")
          }" does not say after a minute what it is to: ${stdout}${stderr}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const definitions = (stdout: string): Definition[] => {
    const read = JSON.parse(stdout);
    return read.kind === "List" ? read.items : [read];
  };
  const found = await demand(
    ["get", "crd", ...names, "--output", "json"],
    (stdout) => definitions(stdout).every(isEstablished),
  );
  for (const { metadata } of definitions(found)) {
    await demand(["get", metadata.name, "--all-namespaces"], () => true);
  }
}
