/** The documents for users, taken apart: sections, blocks and links. */

const root = new URL("../../", import.meta.url);

/** The documents whose blocks are run. */
export const userDocuments = [
  "README.md",
  "crds/README.md",
  "manifests/README.md",
  "manifests/monitoring/README.md",
] as const;

/** A path of a document for users. */
export type UserDocument = typeof userDocuments[number];

/** A block of code. */
export interface Block {
  document: UserDocument;
  /** The heading that it stands under. */
  section: string;
  /** Number of its first line in the document, from 1. */
  line: number;
  /** What stands behind the backquotes. */
  language: string;
  text: string;
}

/** A link, as it is written: a path, "#anchor" or both, or an address. */
export interface Link {
  line: number;
  target: string;
}

/** A document. */
export interface Document {
  path: string;
  /** The names by which its headings are linked to. */
  anchors: ReadonlySet<string>;
  blocks: readonly Omit<Block, "document">[];
  links: readonly Link[];
}

const plain = (heading: string): string =>
  heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "").trim();

/** The name of a heading in links, as GitHub makes it; `taken` are those before it. */
function anchorOf(heading: string, taken: ReadonlySet<string>): string {
  const base = plain(heading).toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
  for (let times = 0;; times++) {
    const anchor = times === 0 ? base : `${base}-${times}`;
    if (!taken.has(anchor)) return anchor;
  }
}

/** Takes the text of a document apart. */
export function parseDocument(path: string, text: string): Document {
  const anchors = new Set<string>();
  const blocks: Omit<Block, "document">[] = [];
  const links: Link[] = [];
  let section = "";
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of text.split("\n").entries()) {
    const fence = /^```(.*)$/.exec(line);
    if (open !== undefined) {
      if (fence === null) open.lines.push(line);
      else {
        const { language, line, lines } = open;
        blocks.push({ section, line, language, text: lines.map((one) => `${one}\n`).join("") });
        open = undefined;
      }
    } else if (fence !== null) open = { language: fence[1] ?? "", line: at + 2, lines: [] };
    else {
      const heading = /^#{1,6} (.*)$/.exec(line)?.[1];
      if (heading !== undefined) {
        section = plain(heading);
        anchors.add(anchorOf(heading, anchors));
      }
      const words = line.replace(/`[^`]*`/g, ""); // what is quoted is no link
      for (const [, target = ""] of words.matchAll(/\]\(([^)\s]+)\)/g)) {
        links.push({ line: at + 1, target });
      }
    }
  }
  if (open !== undefined) throw new TypeError(`${path}:${open.line}: the block does not end`);
  return { path, anchors, blocks, links };
}

/** Reads a document by its path in the repository. */
export async function readDocument(path: string): Promise<Document> {
  return parseDocument(path, await Deno.readTextFile(new URL(path, root)));
}

/** All blocks of all documents for users. */
export async function userBlocks(): Promise<Block[]> {
  const found: Block[] = [];
  for (const document of userDocuments) {
    const { blocks } = await readDocument(document);
    found.push(...blocks.map((block) => ({ document, ...block })));
  }
  return found;
}

/** Where a block is, for people. */
export const placeOf = ({ document, line, section }: Block): string =>
  `${document}:${line} (${section})`;
