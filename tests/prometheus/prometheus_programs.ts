/** The real Prometheus and promtool that tests run. */
import { cacheHome } from "../../src/build/cached_directory.ts";
import { debianPackages } from "../../src/build/debian_packages.ts";
import { runCommand } from "../setup/run_command.ts";
import { writeWrapper } from "../setup/unpacked_program.ts";

const variable = "FIO_TEST_PROMETHEUS";

/** Paths of the programs. */
export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
}

async function unpacked(): Promise<string> {
  const root = await debianPackages("trixie", ["prometheus"], "prometheus/trixie");
  const directory = `${cacheHome()}/prometheus/bin`;
  await Deno.mkdir(directory, { recursive: true });
  for (const name of ["prometheus", "promtool"]) {
    await writeWrapper(root, `usr/bin/${name}`, `${directory}/${name}`);
  }
  return directory;
}

async function provide(): Promise<PrometheusPrograms> {
  const given = Deno.env.get(variable);
  try {
    const directory = given || await unpacked();
    const programs = {
      prometheus: `${directory}/prometheus`,
      promtool: `${directory}/promtool`,
    };
    await runCommand(programs.promtool, ["--version"]);
    return programs;
  } catch (cause) {
    const tried = given || "the package of Debian trixie";
    throw new Error(
      `Cannot provide Prometheus (tried ${tried}); set ${variable} to a directory with prometheus and promtool`,
      { cause },
    );
  }
}

let provided: Promise<PrometheusPrograms> | undefined;

/**
 * The Prometheus to test with: Debian trixie's, unpacked into the cache on first use and run with its own libraries.
 * `FIO_TEST_PROMETHEUS` names a directory with others to use.
 */
export function prometheusPrograms(): Promise<PrometheusPrograms> {
  return provided ??= provide();
}
