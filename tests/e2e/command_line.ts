/** The command line of `deno task e2e`. */
import { parseArgs } from "node:util";

/** What `--help` prints. */
export const help = `Usage: deno task e2e [--yes] [--image ARCHIVE]

Goes through the product's documentation on a real node: a control plane, a kubelet and containerd on this machine, in
namespaces of their own, with the product's image and its manifests. AIDE reads this machine's own files, and writes
none of them.

  --yes            start without asking; so does CI=true
  --image ARCHIVE  an OCI archive to test, instead of the one that is built

Needs root. Takes about ten minutes and two cores.

Exit status: 0, or 1 for a failure, 64 for a wrong command line or an answer other than yes, 69 where this machine
can't run it (with CI=true, 1 where only its parts can't be had), 128 + n when ended by signal n.`;

/** What was asked for. */
export interface Arguments {
  help: boolean;
  yes: boolean;
  image?: string;
}

/** Reads the arguments; throws a `TypeError` that says what is wrong. */
export function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: "boolean", short: "h", default: false },
      yes: { type: "boolean", short: "y", default: false },
      image: { type: "string" },
    },
  });
  const { help, yes, image } = values;
  return { help, yes, ...image !== undefined && { image } };
}
