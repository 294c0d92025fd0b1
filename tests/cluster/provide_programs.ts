/** Gets the programs of a control plane, in whichever way there is. */
import { downloadPrograms, keptDownload } from "./download_programs.ts";
import { findPrograms, type Search } from "./find_programs.ts";
import { builtVersion, goBuild, keptBuild } from "./go_build.ts";
import { type Choice, choosePrograms, type FoundProgram, type Programs } from "./programs.ts";
import type { ProgressLine } from "./progress_line.ts";

/** How the programs are looked for. */
export interface ProvideOptions {
  progress: ProgressLine;
  signal: AbortSignal;
  /** Told of every process that runs for minutes, so that somebody else can end it. */
  started?: (pid: number) => Promise<void>;
}

/** That no control plane can be had; its message says what was tried, why it failed and what helps. */
export class NoControlPlane extends Error {
  override name = "NoControlPlane";
}

async function searchGiven(): Promise<Search[]> {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  const path = (Deno.env.get("PATH") ?? "").split(":");
  return [
    ...assets ? [await findPrograms([assets], "KUBEBUILDER_ASSETS")] : [],
    await findPrograms(path, "PATH"),
  ];
}

async function searchKept(series: string): Promise<Search[]> {
  const [built, downloaded] = await Promise.all([keptBuild(), keptDownload(series)]);
  return [
    ...built === undefined ? [] : [await findPrograms([built], "the kept build")],
    ...downloaded === undefined ? [] : [await findPrograms([downloaded], "the kept download")],
  ];
}

function thereText({ missing, passedOver }: Choice, faults: readonly string[]): string {
  const assets = Deno.env.get("KUBEBUILDER_ASSETS");
  const where = assets ? `KUBEBUILDER_ASSETS (${assets}) and PATH` : "PATH";
  const unset = assets ? "" : "; KUBEBUILDER_ASSETS is not set";
  const why = [...passedOver, ...faults].map((line) => `\n     - ${line}`).join("");
  return `${where} and what is kept of earlier runs have no usable ${
    missing.join(", ")
  }${unset}${why}`;
}

const message = (tried: readonly [string, string, string], series: string): string =>
  `No Kubernetes control plane can be had. What was tried:
  1. Programs that are there: ${tried[0]}
  2. A build by Go: ${tried[1]}
  3. A download: ${tried[2]}
Any one of these helps:
  1. Put etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl, those of Kubernetes of one minor
     version from 1.32 on, into a directory and name it in KUBEBUILDER_ASSETS, or have them on PATH
  2. Install Go 1.21 or newer, with access to a Go module proxy (see "go env GOPROXY")
  3. Give access to the archives of Kubernetes ${series}, or name mirrors of them in FIO_CLUSTER_ENVTEST_INDEX and
     FIO_CLUSTER_DOWNLOADS`;

const reason = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause);

/**
 * Gives one program of each kind: those of `KUBEBUILDER_ASSETS`, of `PATH`, of an earlier build or download; where
 * some are missing it builds them, and where it can't it downloads them. Throws `NoControlPlane` where that fails too.
 */
export async function providePrograms(options: ProvideOptions): Promise<Programs> {
  const { progress, signal } = options;
  const series = (await builtVersion()).split(".").slice(0, 2).join(".");
  const found: FoundProgram[] = [];
  const faults: string[] = [];
  const choose = (searches: readonly Search[]): Choice => {
    found.push(...searches.flatMap((search) => search.found));
    faults.push(...searches.flatMap((search) => search.faults));
    return choosePrograms(found);
  };
  const take = ({ programs, passedOver }: Choice): Programs | undefined => {
    if (programs !== undefined) {
      for (const line of [...faults, ...passedOver]) progress.say(line);
    }
    return programs;
  };

  let choice = choose(await searchGiven());
  if (choice.programs === undefined) choice = choose(await searchKept(series));
  const there = take(choice);
  if (there !== undefined) return there;
  const tried = [thereText(choice, faults)];

  const ways: [() => Promise<string>, string][] = [
    [() => goBuild(options), "the build"],
    [() => downloadPrograms({ series, progress, signal }), "the download"],
  ];
  for (const [make, from] of ways) {
    try {
      choice = choose([await findPrograms([await make()], from)]);
      const made = take(choice);
      if (made !== undefined) return made;
      tried.push([`it gave no usable ${choice.missing.join(", ")}`, ...faults].join("; "));
    } catch (cause) {
      signal.throwIfAborted();
      tried.push(reason(cause));
    }
  }
  throw new NoControlPlane(message(tried as [string, string, string], series));
}
