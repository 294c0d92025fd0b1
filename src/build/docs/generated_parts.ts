/** Parts of a document that are made of the code, between marks in text that people write. */

const mark = /^<!-- made by deno task docs: ([a-z-]+) -->\n[^]*?^<!-- end of \1 -->$/gm;

/** The names of the parts that a document has a place for. */
export function partNames(document: string): string[] {
  return [...document.matchAll(mark)].map(([, name = ""]) => name);
}

/** The document with its parts as they are to be. Throws a TypeError for a mark whose part nobody makes. */
export function withParts(document: string, parts: Readonly<Record<string, string>>): string {
  return document.replace(mark, (_, name: string) => {
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined) throw new TypeError(`Nothing makes the part "${name}"`);
    return `<!-- made by deno task docs: ${name} -->\n\n${part}\n\n<!-- end of ${name} -->`;
  });
}
