/** Deno's directory for the bundle, as it is made when an image is built. */
import { daemonArguments } from "../../src/api/daemon_flags.ts";
import { Container } from "./container.ts";
import { imageEnvironment, inImage, readOnly, runBundle, systemMounts } from "./image_layout.ts";

// Each loads what it needs, and ends because it is in no pod, or has nothing to do.
const firstRuns: readonly (readonly string[])[] = [
  ["--version"],
  ["config", "default"],
  ["scan", "--filename", "/dev/null"],
  ["operator", "--namespace=warm", "--image=warm"],
  daemonArguments({
    ...{ fileIntegrity: "warm", uid: "warm", namespace: "warm" },
    configDigest: `sha256:${"0".repeat(64)}`,
    ...{ interval: 900, maxBackups: 5, initialDelay: 0, debug: false, workers: 0 },
  }),
];

/**
 * Fills the directory `cache` with the compiled code of the bundle in `app`: by runs in containers, since what it is kept
 * by is, among others, the path. Nothing need write there later.
 */
export async function warmCache(app: string, cache: string): Promise<void> {
  const { mounts, links } = await systemMounts();
  await Deno.mkdir(cache, { recursive: true });
  const root = await Deno.makeTempDir({ prefix: "test-kubelet-warm-" });
  const script = [...firstRuns, ...firstRuns]
    .map((args) =>
      [...runBundle(args), "--allow-read", "--allow-env", "--allow-sys", inImage.main, ...args]
        .join(" ")
    )
    .map((command) => `timeout 20 ${command} >/dev/null 2>&1`);
  try {
    const container = await Container.start({
      ...{ root, hostname: "warm", links, readOnlyRoot: false, workingDirectory: "/" },
      mounts: [
        ...[...mounts, readOnly(app, inImage.app)],
        { source: cache, path: inImage.cache, readOnly: false },
      ],
      privileges: ["--pdeathsig", "KILL"],
      environment: { ...imageEnvironment, NODE_NAME: "warm" },
      command: ["/bin/sh", "-c", `${script.join("\n")}\ntrue`],
    }, () => {});
    await container.ended;
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}
