/** The permission table as shell script, for the packed file. */
import { systemPath } from "../node/find_program.ts";
import { bindAddressVariable } from "../api/ports.ts";
import { everyInterface } from "../system/listen.ts";
import {
  apiServerVariables,
  bindAddressOption,
  codeCacheOf,
  engineFlagOf,
  type Grant,
  ignoreFlag,
  kubeconfigOptions,
  type Permissions,
  permissions,
} from "./permissions.ts";

const [host, port] = apiServerVariables;
const kubeconfigPatterns = kubeconfigOptions.flatMap((option) => [option, `${option}=*`]).join(
  " | ",
);

/** Shell functions that the cases of `permissionCases` call; each appends to `$paths`, given the program's arguments. */
export const permissionFunctions = `
grant() {
  case $1 in
    '' | *,*) fail "Cannot use the path \\"$1\\": it is empty or has a comma in it" 64 ;;
  esac
  paths=\${paths:+$paths,}$1
}

# program NAME FALLBACK: where it is
program() {
  PATH=\${PATH:+$PATH:}${systemPath}
  command -v "$1" || echo "$2"
}

# option NAME FALLBACK ARGUMENT...: the path that the option names
option() {
  wanted=$1 found=$2
  shift 2
  while [ $# -gt 0 ]; do
    case $1 in
      "$wanted") found=\${2-$found} ;;
      "$wanted="*) found=\${1#*=} ;;
    esac
    shift
  done
  grant "$found"
}

# with_port ADDRESS PORT
with_port() {
  case $1 in
    *:*) grant "[$1]:$2" ;;
    *) grant "$1:$2" ;;
  esac
}

# hex_groups TEXT: adds the number of its groups to $count; fails where one of them is none
hex_groups() {
  rest=\${1:+$1:}
  while [ -n "$rest" ]; do
    part=\${rest%%:*} rest=\${rest#*:} count=$((count + 1))
    case $part in
      '' | ?????* | *[!0-9A-Fa-f]*) return 1 ;;
    esac
  done
}

# decimal_groups TEXT: the same for the numbers of an IPv4 address
decimal_groups() {
  rest=$1.
  while [ -n "$rest" ]; do
    part=\${rest%%.*} rest=\${rest#*.} count=$((count + 1))
    case $part in
      [0-9] | [1-9][0-9] | 1[0-9][0-9] | 2[0-4][0-9] | 25[0-5]) ;;
      *) return 1 ;;
    esac
  done
}

# is_address TEXT, by the shell alone: an image need not have any other program
is_address() {
  count=0
  case $1 in
    *::*) hex_groups "\${1%%::*}" && hex_groups "\${1#*::}" && [ "$count" -le 7 ] ;;
    *:*) hex_groups "$1" && [ "$count" -eq 8 ] ;;
    *) decimal_groups "$1" && [ "$count" -eq 4 ] ;;
  esac
}

# listen PORTS ARGUMENT...: where the program listens; nowhere for what is no address, which the program complains of
listen() {
  ports=$1 found=\${${bindAddressVariable}:-}
  shift
  while [ $# -gt 0 ]; do
    case $1 in
      ${bindAddressOption}) found=\${2-$found} ;;
      ${bindAddressOption}=*) found=\${1#*=} ;;
    esac
    shift
  done
  [ -z "$found" ] || is_address "$found" || return 0
  for port in $ports; do
    for address in \${found:-${everyInterface.join(" ")}}; do with_port "$address" "$port"; done
  done
}

# network PORTS ARGUMENT...: sets $allow_net to the API server that the kubelet names and to where the program listens;
# where a kubeconfig is given, to all, and $ignore_env
network() {
  ports=$1
  shift
  for argument; do
    case $argument in
      ${kubeconfigPatterns}) allow_net=--allow-net ignore_env=${ignoreFlag} && return ;;
    esac
  done
  paths=
  if [ -n "\${${host}:-}" ]; then with_port "\$${host}" "\${${port}:-443}"; fi
  listen "$ports" "$@"
  allow_net=\${paths:+--allow-net=$paths}
}

# operands WORDS ARGUMENT...: every argument after the subcommand that is not an option
operands() {
  shift "$1"
  while shift && [ $# -gt 0 ]; do
    case $1 in
      '' | -*) ;;
      *) grant "$1" ;;
    esac
  done
}
`;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function grantLine(grant: Grant, words: number): string {
  switch (grant.from) {
    case "operands":
      return `operands ${words} "$@"`;
    case "directory":
      return `option ${quoted(grant.option)} ${quoted(grant.fallback)} "$@"`;
    case "program": {
      const found = `"$(program ${quoted(grant.name)} ${quoted(grant.fallback)})"`;
      return grant.option === undefined
        ? `grant ${found}`
        : `option ${quoted(grant.option)} ${found} "$@"`;
    }
  }
}

function pathLines(flag: string, grants: readonly Grant[], words: number): string[] {
  if (grants.length === 0) return [];
  return [
    "paths=",
    ...grants.map((grant) => grantLine(grant, words)),
    `allow_${flag}=\${paths:+--allow-${flag}=$paths}`,
  ];
}

function caseLines(subcommand: string, allowed: Permissions): string[] {
  const words = subcommand.split(" ").length;
  const { read, write, run, net, listen, env, sys } = allowed;
  const engine = engineFlagOf(subcommand);
  const lines = [
    ...engine === engineFlagOf(undefined)
      ? []
      : [`engine=${engine} cache=${codeCacheOf(subcommand)}`],
    ...read === "everything" ? ["allow_read=--allow-read"] : pathLines("read", read, words),
    ...pathLines("write", write, words),
    ...pathLines("run", run, words),
    ...net === "nothing" ? [] : [`network ${quoted(listen.join(" "))} "$@"`],
    ...env.length === 0 ? [] : [`allow_env=--allow-env=${env.join(",")}`],
    ...sys.length === 0 ? [] : [`allow_sys=--allow-sys=${sys.join(",")}`],
  ];
  return [`  ${quoted(subcommand)})`, ...lines.map((line) => `    ${line}`), "    ;;"];
}

/**
 * A shell `case` over the program's arguments that sets `allow_read`, `allow_write`, `allow_run`, `allow_net`,
 * `ignore_env`, `allow_env` and `allow_sys` to Deno's flag, or to nothing, `engine` to V8's, and `cache` to the name of
 * the directory with the compiled code; an unknown subcommand is allowed nothing.
 */
export function permissionCases(
  table: Readonly<Record<string, Permissions>> = permissions,
): string {
  const ofWords = (words: number): string[] =>
    Object.entries(table).filter(([name]) => name.split(" ").length === words)
      .flatMap(([name, allowed]) => caseLines(name, allowed));
  return [
    `engine=${engineFlagOf(undefined)} cache=${codeCacheOf(undefined)}`,
    "allow_read='' allow_write='' allow_run='' allow_net='' ignore_env='' allow_env='' allow_sys=''",
    "case ${1-} in",
    ...ofWords(1),
    "esac",
    'case "${1-} ${2-}" in',
    ...ofWords(2),
    "esac",
    "",
  ].join("\n");
}
