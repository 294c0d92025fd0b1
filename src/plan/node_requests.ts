/** What administrators ask of nodes by annotations of a FileIntegrity: sets of nodes, never text surgery. */

import type { FileIntegrity } from "../api/file_integrity.ts";
import { quoted } from "../api/fault.ts";
import { annotations } from "../api/labels.ts";
import { listed } from "./words.ts";

/** Nodes that an annotation names: all of them, or these. */
export type NodeSet = "all" | ReadonlySet<string>;

/** A request for new baselines that is being handed on to the nodes. */
export interface TakenRequest {
  id: string;
  nodes: NodeSet;
}

/** The nodes that the value of an annotation names: "" for all, else a comma list. Undefined without the annotation. */
export function namedNodes(value: string | undefined): NodeSet | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === "") return "all";
  return new Set(value.split(",").map((name) => name.trim()).filter((name) => name !== ""));
}

/** Whether a set has a node. */
export function includesNode(set: NodeSet | undefined, node: string): boolean {
  return set !== undefined && (set === "all" || set.has(node));
}

/** The nodes of a set that are none of those that are scanned. */
export function unknownNodes(set: NodeSet | undefined, known: ReadonlySet<string>): string[] {
  return set === undefined || set === "all" ? [] : [...set].filter((name) => !known.has(name));
}

/** What is said of names in the annotation `holdoff` that are none of the nodes that are scanned; undefined where all are. */
export function unheldNames(
  holdoff: NodeSet | undefined,
  known: ReadonlySet<string>,
): string | undefined {
  const unknown = unknownNodes(holdoff, known);
  if (unknown.length === 0 || known.size === 0) return undefined;
  // In quotes: "a; b" is one name.
  const names = listed(unknown.map((name) => quoted(name)));
  return `The annotation holdoff names what is not scanned here: ${names}. ` +
    "Correct the names, and separate them by commas";
}

function both(one: NodeSet | undefined, other: NodeSet | undefined): NodeSet | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one === "all" || other === "all" ? "all" : new Set([...one, ...other]);
}

/**
 * What the annotations `re-init` and `re-init-on-failed` ask for; undefined when neither is there. `failed` are the nodes
 * whose last result is Failed.
 */
export function askedReinit(
  { metadata }: Pick<FileIntegrity, "metadata">,
  failed: Iterable<string>,
): NodeSet | undefined {
  const asked = namedNodes(metadata.annotations?.[annotations.reInit]);
  const onFailed = annotations.reInitOnFailed in (metadata.annotations ?? {})
    ? new Set(failed)
    : undefined;
  return both(asked, onFailed);
}

/** The text of a request in the annotation `re-init-taken`. */
export function writeTakenRequest({ id, nodes }: TakenRequest): string {
  return nodes === "all" ? id : `${id} ${[...nodes].sort().join(",")}`;
}

/** Reads the annotation `re-init-taken`; undefined where there is none. */
export function readTakenRequest(
  { metadata }: Pick<FileIntegrity, "metadata">,
): TakenRequest | undefined {
  const text = metadata.annotations?.[annotations.reInitTaken];
  if (text === undefined) return undefined;
  const [, id = text, nodes] = /^(\S+) (.*)$/s.exec(text) ?? [];
  return { id, nodes: nodes === undefined ? "all" : namedNodes(nodes) ?? "all" };
}
