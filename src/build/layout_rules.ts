/** What the source tree must look like: each rule is a function from files to faults. */

/** A file of the repository. */
export interface SourceFile {
  /** From the top of the repository: "src/base/path_text.ts". */
  path: string;
  text: string;
}

/** A rule that is broken, as a line for a person: where, and what is wrong. */
export type Fault = string;

const topLevel = new Set([
  ...["src", "crds", "manifests", "tests", ".ci"],
  ...["deno.json", "deno.lock", "README.md", "LICENSE", ".gitignore", ".git"],
  ...["dist", "coverage", "node_modules"], // made by tasks, ignored by git
]);

/** The top of the repository holds what a reader expects there, and nothing else. */
export function topLevelFaults(names: readonly string[]): Fault[] {
  return names.filter((name) => !topLevel.has(name))
    .map((name) => `${name}: not one of the entries that the top level may have`);
}

// Each may import those of the rows before its own; folders of one row do not know each other.
const order = [
  ...[["base"], ["api"], ["aide"], ["report"], ["plan"], ["system"]],
  ...[["kube", "node"], ["metrics"], ["operator", "daemon", "cli"], ["main"]],
];

const row = (folder: string): number => order.findIndex((folders) => folders.includes(folder));
const orderText = order.map((folders) => folders.join(", ")).join(" <- ");

function folderOf(path: string): string | undefined {
  const match = /^src\/(?:([^/]+)\/|(main)\.ts$)/.exec(path);
  return match?.[1] ?? match?.[2];
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

const imports = /(?:^|[;}\s])(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

/** The repository paths that a file imports, however it does so; packages are left out. */
export function importsOf(file: SourceFile): string[] {
  return [...code(file.text).matchAll(imports)].map(([, specifier = ""]) =>
    resolve(file.path, specifier)
  );
}

function importFault(from: string, to: string): Fault | undefined {
  const folder = folderOf(from);
  const target = folderOf(to);
  if (folder === undefined) return `${from}: only main.ts stands directly in src`;
  if (folder === "build") return undefined;
  if (target === "build") return `${from}: imports ${to}; nothing imports src/build`;
  if (target === "types" || folder === target) return undefined;
  if (target === undefined) return `${from}: imports ${to}, which is outside src`;
  if (folder === "types") return undefined;
  if (row(target) < 0) return `${from}: imports ${to}, a folder with no place in the order`;
  if (row(target) < row(folder)) return undefined;
  return `${from}: imports ${to}; imports go ${orderText}`;
}

/** Folders of src import in one direction, and know no file outside src. */
export function importFaults(files: readonly SourceFile[]): Fault[] {
  const sources = files.filter(({ path }) => path.startsWith("src/"));
  const faults = new Set<Fault>();
  for (const file of sources) {
    const folder = folderOf(file.path);
    if (folder === undefined) faults.add(`${file.path}: only main.ts stands directly in src`);
    else if (![...order.flat(), "build", "types"].includes(folder)) {
      faults.add(`${file.path}: src/${folder} has no place in the order of imports`);
    }
    for (const to of importsOf(file)) {
      const fault = importFault(file.path, to);
      if (fault !== undefined) faults.add(fault);
    }
  }
  return [...faults];
}

const snakeCase = /^[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.ts$/;
const emptyWords = /(^|_)(utils?|helpers?|common|managers?)(_|\.|$)/;

/** Modules are named in snake_case, after what they export. */
export function nameFaults(paths: readonly string[]): Fault[] {
  const faults: Fault[] = [];
  for (const path of paths.filter((path) => path.endsWith(".ts"))) {
    const parts = path.split("/");
    if (!snakeCase.test(parts.at(-1) ?? "")) faults.push(`${path}: not in snake_case`);
    const word = parts.find((part) => emptyWords.test(part));
    if (word !== undefined) faults.push(`${path}: "${word}" does not say what is in it`);
  }
  return faults;
}

const longest = 400;

function lines(file: SourceFile): number {
  return file.text.split("\n").length - (file.text.endsWith("\n") ? 1 : 0);
}

/** No module of src is longer than 400 lines. */
export function lengthFaults(files: readonly SourceFile[]): Fault[] {
  return files.filter((file) => file.path.startsWith("src/") && lines(file) > longest)
    .map((file) =>
      `${file.path}: ${lines(file)} lines, more than ${longest}: it is several things`
    );
}

/** How long the modules of src are, in lines. */
export function lengthFigures(
  files: readonly SourceFile[],
): { files: number; median: number; p90: number; longest: number } {
  const sorted = files.filter(({ path }) => path.startsWith("src/")).map(lines)
    .sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return { files: sorted.length, median: at(0.5), p90: at(0.9), longest: at(1) };
}

// Comments only: a string that looks like one of these words is rare enough to be written otherwise.
function code(text: string): string {
  const blank = (comment: string): string => comment.replace(/[^\n]/g, "");
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, blank).replace(/(^|[\s;])\/\/.*$/gm, "$1");
}

function occurrences(file: SourceFile, text: string, pattern: RegExp, what: string): Fault[] {
  return text.split("\n").flatMap((line, at) => {
    const found = pattern.exec(line)?.[0];
    return found === undefined ? [] : [`${file.path}:${at + 1}: ${found}: ${what}`];
  });
}

const unfinished = new RegExp(`\\b(${["TO", "FIX"].join("DO|")}ME)\\b`); // in pieces: it would find itself
const core = /^src\/(base|api|aide|report|plan)\//;
const impure =
  /\bDeno\.(?!errors)\w+|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.\w+|\bset(Timeout|Interval)\b|\bfetch\(|\bcrypto\.(randomUUID|getRandomValues)\b|"node:(?!(crypto|zlib|buffer)")\w+/;

/** No console and no blocking calls in the product, no I/O, clock or chance in its core, no unfinished work anywhere. */
export function codeFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const faults = occurrences(file, file.text, unfinished, "finish it, or leave it out");
    if (!file.path.startsWith("src/")) return faults;
    const text = code(file.text);
    if (!file.path.startsWith("src/build/")) {
      faults.push(...occurrences(file, text, /\bconsole\.\w+/, "write to a log or to an output"));
    }
    if (core.test(file.path)) {
      faults.push(...occurrences(file, text, impure, "the core takes this as a parameter"));
    } else { // the core only computes, and has nothing to wait for
      faults.push(...occurrences(file, text, /\b\w+Sync\(/, "wait instead of blocking"));
    }
    return faults;
  });
}

/** As much of `deno doc --json` as the rule on comments reads. */
export interface Documentation {
  nodes: Record<string, {
    symbols?: {
      name: string;
      declarations?: {
        location: { filename: string; line: number };
        declarationKind: string;
        kind?: string;
        jsDoc?: { doc?: string };
      }[];
    }[];
  }>;
}

/** Every exported symbol has a comment; `root` is the URL of the repository's directory. */
export function commentFaults(documentation: Documentation, root: string): Fault[] {
  const faults = new Set<Fault>();
  for (const { symbols = [] } of Object.values(documentation.nodes)) {
    for (const { name, declarations = [] } of symbols) {
      const exported = declarations.filter(
        // A re-export has its comment where it comes from.
        ({ declarationKind, kind }) => declarationKind === "export" && kind !== "reference",
      );
      const first = exported[0];
      if (first === undefined || exported.some((one) => one.jsDoc?.doc?.trim())) continue;
      const { filename, line } = first.location;
      faults.add(
        `${filename.replace(root, "")}:${line + 1}: ${name} is exported without a comment`,
      );
    }
  }
  return [...faults];
}
