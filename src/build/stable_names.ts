import { createHash } from "node:crypto";

const hash = /[A-Z0-9]{8}\.js$/;
const reference = /"\.\/([\w-]+\.js)"/g;

const digest = (texts: readonly string[]): string =>
  createHash("sha256").update(texts.join("\n")).digest("hex");

/**
 * The files of a bundle, by name, under names that depend on nothing but what is in them: the bundler's depend on where
 * the sources are. A name without a hash is kept.
 */
export function withStableNames(files: ReadonlyMap<string, string>): Map<string, string> {
  const parts = new Map<string, { text: string; leadsTo: string[] }>();
  for (const [name, text] of files) {
    const leadsTo: string[] = [];
    const without = text.replaceAll(reference, (_whole, other: string) => {
      leadsTo.push(other);
      return "";
    });
    parts.set(name, { text: digest([without]), leadsTo });
  }
  // They name each other, also in circles: after as many rounds as there are files, each tells by all that it leads to.
  let digests = new Map<string, string>();
  for (let round = 0; round < files.size; round++) {
    const before = digests;
    digests = new Map(
      [...parts].map(([name, { text, leadsTo }]) => [
        name,
        digest([text, ...leadsTo.map((other) => before.get(other) ?? "")]),
      ]),
    );
  }
  const renamed = (name: string): string => {
    const known = digests.get(name)?.slice(0, 8).toUpperCase();
    return known === undefined ? name : name.replace(hash, `${known}.js`);
  };
  return new Map(
    [...files].map(([name, text]) => [
      renamed(name),
      text.replaceAll(reference, (_whole, other: string) => `"./${renamed(other)}"`),
    ]),
  );
}
