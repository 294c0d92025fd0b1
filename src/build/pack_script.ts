/** The shell script that a packed file begins with. */
import { becomeProgram } from "./become_program.ts";
import { firstRuns, firstRunVariables } from "./first_runs.ts";
import { codeCacheOf, engineFlagOf, runFlags, subcommandOf } from "./permissions.ts";

/** What the script must know about the archive that follows it. */
export interface Payload {
  /** SHA-256 of the archive, hexadecimal; its beginning names the directory that it is unpacked to. */
  sha256: string;
  /** Size of what is in the archive, in bytes. */
  unpackedSize: number;
}

const sizeWidth = 8;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const variables = Object.entries(firstRunVariables).map(([name, value]) => `${name}=${value}`)
  .join(" ");

function firstRun(args: readonly string[]): string {
  const subcommand = subcommandOf(args);
  const words = [codeCacheOf(subcommand), engineFlagOf(subcommand), ...args].map(quoted);
  return `    run_deno "$2" ${words.join(" ")}`;
}

/**
 * The script, which ends where the archive begins. It unpacks the archive once, into a directory that nobody else
 * can write to and that appears complete or not at all, and becomes the program: same process, same signals.
 * Plain POSIX shell with the tools of Debian or busybox.
 */
export function packScript(payload: Payload): string {
  const megabytes = Math.ceil(payload.unpackedSize / 1e6);
  const text = `#!/bin/sh
# File Integrity Operator on Deno: a script, and behind it the program as an archive. The script unpacks the program
# on its first run, below \$FILE_INTEGRITY_HOME, \$XDG_CACHE_HOME, ~/.cache or /var/cache, and becomes it.
set -u
name=file-integrity-operator
sha256=${payload.sha256}
offset=${"0".repeat(sizeWidth)}
self=$0
reasons=

fail() {
  printf '%s: %s\\n' "$name" "$1" >&2
  exit "$2"
}

# Nothing where the directories are ours or root's, and nobody else can write to them; else what is wrong.
unsafe() {
  find "$@" -prune \\( ! -type d -o -perm -0020 -o -perm -0002 -o ! -user 0 ! -user "$(id -u)" \\) 2>&1
}

archive() {
  tail -c "+$offset" "$self"
}

# unpack BASE DIRECTORY: prints why where it can't
unpack() {
  umask 077
  mkdir -p "$1" 2>&1 || return 1
  found=$(unsafe "$1")
  if [ -n "$found" ]; then
    echo "it belongs to somebody else, or others can write to it"
    return 1
  fi
  find "$1" -name '.unpack.*' -prune -mmin +60 -exec rm -rf {} + 2>/dev/null
  new=$(mktemp -d "$1/.unpack.XXXXXX" 2>&1) || {
    echo "$new"
    return 1
  }
  trap 'rm -rf "$new"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  why=$({ archive | gzip -dc | tar -xf - -C "$new"; } 2>&1) || {
    echo "it can't be unpacked there, which takes ${megabytes} MB: $why"
    return 1
  }
  why=$("$new/deno" --version 2>&1 >/dev/null) || {
    echo "programs can't be run there (mounted noexec?): $why"
    return 1
  }
  # rename(2), which mv is not: it takes the place of nothing, not even of what another process has just put there.
  why=$(DENO_DIR=/dev/null/none "$new/deno" eval --no-config --no-lock '
    const [from, to] = Deno.args;
    for (const { name } of await Array.fromAsync(Deno.readDir(from))) {
      const file = await Deno.open(from + "/" + name);
      await file.sync();
      file.close();
    }
    await Deno.rename(from, to).catch(async (cause) => {
      if (!(await Deno.stat(to + "/main.js").then(() => true, () => false))) throw cause;
    });' "$new" "$2" 2>&1) || {
    echo "it can't be put in its place: $why"
    return 1
  }
  # Fills the code cache with what each subcommand loads; a first run fills it, the next ones are twice as fast.
  (
    # Each ends by saying that it is in no pod, or has nothing to do.
    unset WATCH_NAMESPACE POD_NAMESPACE RELATED_IMAGE_OPERATOR KUBERNETES_SERVICE_HOST
    export ${variables}
${firstRuns.map(firstRun).join("\n")}
  ) >/dev/null 2>&1 </dev/null
  return 0
}

# run_deno HOME CACHE ENGINE ARGUMENT...
run_deno() {
  home=$1 cache=$2 engine=$3
  shift 3
  DENO_DIR="$home/$cache" DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1 "$home/deno" run \\
    ${runFlags.join(" ")} "$engine" \\
    --allow-read --allow-env "$home/main.js" "$@"
}

# prepare CACHE: sets $directory where the program is there, or can be put there
prepare() {
  case $1 in
    /*) base=$1/$name ;;
    *) base=$PWD/$1/$name ;;
  esac
  directory=$base/$(printf %.16s "$sha256")
  if [ ! -e "$directory/main.js" ]; then
    if command -v sha256sum >/dev/null && [ "$(archive | sha256sum)" != "$sha256  -" ]; then
      fail "This file is damaged: fetch it again ($self)" 74
    fi
    why=$(unpack "$base" "$directory")
    status=$?
    [ "$status" -lt 128 ] || exit "$status"
    if [ "$status" -ne 0 ]; then
      reasons="$reasons
  $base: $why"
      return 1
    fi
  fi
  why=$(unsafe "$base" "$directory")
  if [ -n "$why" ]; then
    reasons="$reasons
  $base: it belongs to somebody else, or others can write to it ($why)"
    return 1
  fi
}

if [ ! -e "$self" ]; then self=$(command -v -- "$self"); fi
if [ -n "\${FILE_INTEGRITY_HOME:-}" ]; then
  prepare "$FILE_INTEGRITY_HOME"
elif [ -n "\${XDG_CACHE_HOME:-}" ] && prepare "$XDG_CACHE_HOME"; then
  :
elif [ -n "\${HOME:-}" ] && prepare "$HOME/.cache"; then
  :
else
  prepare /var/cache
fi || fail "Cannot unpack the program; set FILE_INTEGRITY_HOME to a directory that you own. Tried:$reasons" 73
${becomeProgram}`;
  // The offset counts from 1; it is as wide as what stands in for it, so that it does not move itself.
  const offset = new TextEncoder().encode(text).length + 1;
  return text.replace(/^offset=0+$/m, `offset=${String(offset).padStart(sizeWidth, "0")}`);
}
