/** What each account may do, and why, as the manifests have it: the reasons are their comments. */

import { parse } from "@std/yaml";
import type { ManifestDocument, PolicyRule } from "../olm/manifest_documents.ts";
import { markdownTable } from "./markdown_table.ts";

/** A manifest, with the comment of its file, and that of each of its rules. */
interface Commented {
  manifest: ManifestDocument;
  about: string;
  reasons: string[];
}

const uncommented = (lines: string): string => lines.replace(/^ *# ?/gm, "").replace(/\s+/g, " ");

/** The comments before the rules; one that stands for several is that of each. */
function reasonsOf(text: string): string[] {
  const reasons: string[] = [];
  let said: string[] = [];
  for (const line of text.slice(Math.max(text.search(/^rules:$/m), 0)).split("\n")) {
    const comment = /^ {2}# (.*)$/.exec(line)?.[1];
    if (comment !== undefined) said.push(comment);
    else if (/^ {2}- /.test(line)) {
      reasons.push(said.length > 0 ? said.join(" ") : reasons.at(-1) ?? "");
      said = [];
    }
  }
  return reasons;
}

function commented(files: readonly string[]): Commented[] {
  return files.flatMap((file) => {
    const about = uncommented(/^(#.*\n)+/.exec(file)?.[0] ?? "").trim();
    return file.split(/^---$/m).map((text) => ({
      ...{ about, manifest: parse(text) as ManifestDocument, reasons: reasonsOf(text) },
    }));
  });
}

function what(
  { apiGroups = [], resources = [], resourceNames, nonResourceURLs = [] }: PolicyRule,
): string {
  const group = apiGroups[0] ?? "";
  const all = [...nonResourceURLs, ...resources].map((name) => `\`${name}\``).join(", ");
  const of = group === "" ? "" : ` of \`${group}\``;
  const named = resourceNames === undefined ? "" : `, only \`${resourceNames.join("`, `")}\``;
  return all + of + named;
}

/** A section for each ServiceAccount in the texts of these files. */
export function permissionTables(files: readonly string[]): string {
  const all = commented(files);
  const accounts = all.filter(({ manifest: { kind } }) => kind === "ServiceAccount")
    .map(({ manifest: { metadata }, about }) => ({ account: metadata.name, about }));
  return accounts.map(({ account, about }) => {
    const rows = all.flatMap(({ manifest: { kind, roleRef, subjects = [] } }) => {
      if (!subjects.some(({ name }) => name === account)) return [];
      const role = all.find(({ manifest }) =>
        manifest.kind === roleRef?.kind && manifest.metadata.name === roleRef.name
      );
      const where = kind === "RoleBinding" ? "its namespace" : "the cluster";
      return (role?.manifest.rules ?? []).map((rule, at) => [
        ...[what(rule), rule.verbs.join(", "), where, role?.reasons[at] ?? ""],
      ]);
    });
    return `### ${account}\n\n${about}\n\n${
      markdownTable(["what", "verbs", "where", "why"], rows)
    }`;
  }).join("\n\n");
}
