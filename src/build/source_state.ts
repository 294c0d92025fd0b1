/** Which state of the sources a build is made of. */
import { command } from "./command.ts";

/** A state of the sources. */
export interface SourceState {
  /** 40 hexadecimal digits; undefined where it can't be told. */
  commit?: string;
  /** Whether what is built differs from that commit. */
  changed: boolean;
  /** When it was made, in seconds since 1970; 0 where it can't be told. */
  time: number;
}

const root = new URL("../..", import.meta.url).pathname;
const built = ["src", "deno.json", "deno.lock"];

async function git(...args: string[]): Promise<string | undefined> {
  return await command("git", ["-C", root, ...args]).then(
    (said) => new TextDecoder().decode(said).trim(),
    () => undefined, // no git, no clone, or somebody else's
  );
}

/**
 * The state of the sources, as git says it. `SOURCE_REVISION` and `SOURCE_DATE_EPOCH` say it otherwise, or where there is
 * no git; throws where they are not a commit and a number of seconds.
 */
export async function sourceState(
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<SourceState> {
  const revision = env("SOURCE_REVISION") || undefined;
  const epoch = env("SOURCE_DATE_EPOCH") || undefined;
  if (revision !== undefined && !/^[0-9a-f]{40}$/.test(revision)) {
    throw new TypeError(`Cannot use SOURCE_REVISION=${revision}: it is not a commit's 40 digits`);
  }
  if (epoch !== undefined && !/^\d{1,10}$/.test(epoch)) {
    throw new TypeError(`Cannot use SOURCE_DATE_EPOCH=${epoch}: it is not a number of seconds`);
  }
  const commit = revision ?? await git("rev-parse", "HEAD");
  const time = epoch ?? await git("log", "-1", "--format=%ct") ?? "0";
  const changes = revision === undefined && await git("status", "--porcelain", "--", ...built);
  return { ...(commit && { commit }), changed: Boolean(changes), time: Number(time) };
}

/** The state in a few words, for `--version`. */
export function builtFrom({ commit, changed }: SourceState): string {
  if (commit === undefined) return "commit unknown";
  return `commit ${commit.slice(0, 12)}${changed ? ", changed" : ""}`;
}
