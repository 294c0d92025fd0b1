/** What an image says of itself, and how it is run; src/build/Containerfile says the same. */
import { systemPath } from "../../node/find_program.ts";
import { programVersion } from "../../system/program.ts";
import { imagePaths } from "./image_paths.ts";

/** Whom the operator runs as; the daemons' pods say that they run as 0. */
export const imageUser = 65532;

const description =
  "Checks the files of cluster nodes, or of a single host, with AIDE and says what changed: " +
  "operator, daemon and scan in one program";

/** Labels that are the same for every build. */
export const fixedLabels: Readonly<Record<string, string>> = {
  "org.opencontainers.image.title": "File Integrity Operator on Deno",
  "org.opencontainers.image.description": description,
  "org.opencontainers.image.version": programVersion,
  "org.opencontainers.image.licenses": "Apache-2.0",
  "io.k8s.display-name": "File Integrity Operator on Deno",
  "io.k8s.description": description,
  "io.openshift.tags": "security,compliance,file-integrity,aide",
};

/** How it is run, in the words of OCI's image configuration. */
export const runConfig = {
  User: `${imageUser}:${imageUser}`,
  Env: [`PATH=${systemPath}`],
  Entrypoint: [`/${imagePaths.program}`],
  WorkingDir: "/",
} as const;

/** The labels of one build; `created` is in RFC 3339. */
export function imageLabels(
  build: { commit?: string; created: string },
): Record<string, string> {
  return {
    ...fixedLabels,
    ...(build.commit !== undefined && { "org.opencontainers.image.revision": build.commit }),
    "org.opencontainers.image.created": build.created,
  };
}
