import { convertConfig } from "../aide/convert.ts";
import { defaultPolicy } from "../aide/default_policy.ts";
import type { ConfigMap } from "../api/config_map.ts";
import { parseDocuments } from "../api/documents.ts";
import { type EffectiveSpec, effectiveSpec } from "../api/effective.ts";
import { faultLine } from "../api/fault.ts";
import type { FileIntegrity } from "../api/file_integrity.ts";
import { nodeStatusName } from "../api/names.ts";
import type { Baseline, FileIntegrityNodeStatus } from "../api/node_status.ts";
import {
  validateConfigMap,
  validateFileIntegrity,
  validateFileIntegrityNodeStatus,
  type Validation,
} from "../api/validate.ts";
import { digestText } from "../base/digest.ts";

/** A text that the user named, and its name for messages. */
export interface Source {
  name: string;
  text: string;
}

/** What a scan is made with. */
export interface ScanInput {
  fileIntegrity: FileIntegrity;
  spec: EffectiveSpec;
  /** The configuration as a cluster would hold it, and `sha256:<hex>` of it. */
  config: string;
  configDigest: string;
  /** A status of this node that was given with the input: its baseline is trusted before any on this host. */
  status?: FileIntegrityNodeStatus & { baseline: Baseline };
  /** What the user should know: values that were adjusted, lines that do not mean what they seem to. */
  remarks: string[];
  /** Lines of the user's configuration that may not mean what their author thinks. */
  advice: string[];
  /** The lines of the user's configuration that were converted, and why. */
  conversions: string[];
}

/** The input, or everything that is wrong with it, a line each. */
export type ScanInputResult = { input: ScanInput } | { faults: string[] };

interface Documents {
  fileIntegrities: FileIntegrity[];
  configMaps: ConfigMap[];
  statuses: FileIntegrityNodeStatus[];
  faults: string[];
}

function readDocuments(sources: readonly Source[]): Documents {
  const all: Documents = { fileIntegrities: [], configMaps: [], statuses: [], faults: [] };
  for (const source of sources) {
    const parsed = parseDocuments(source.text, source.name);
    all.faults.push(...parsed.faults.map(faultLine));
    for (const { kind, value, index } of parsed.documents) {
      const take = <T>({ object, faults }: Validation<T>, into: T[]): void => {
        if (object !== undefined) into.push(object);
        const where = `${source.name}, document ${index} (${kind})`;
        all.faults.push(...faults.map((fault) => `${where}: ${faultLine(fault)}`));
      };
      if (kind === "FileIntegrity") take(validateFileIntegrity(value), all.fileIntegrities);
      else if (kind === "ConfigMap") take(validateConfigMap(value), all.configMaps);
      else take(validateFileIntegrityNodeStatus(value), all.statuses);
    }
  }
  return all;
}

type Found<T> = { found: T } | { fault: string };

function choose(all: FileIntegrity[], name: string | undefined): Found<FileIntegrity> {
  const names = all.map((one) => one.metadata.name).join(", ");
  const wanted = name === undefined ? all : all.filter((one) => one.metadata.name === name);
  const [first, ...more] = wanted;
  if (first === undefined) {
    return {
      fault: name === undefined
        ? "The input holds no FileIntegrity. Give a file with one"
        : `The input holds no FileIntegrity "${name}"${
          names === "" ? "" : `, only ${names}`
        }. Correct --name`,
    };
  }
  if (more.length === 0) return { found: first };
  const alike = wanted.every((one) => one.metadata.name === first.metadata.name);
  return {
    fault: alike
      ? `The input holds the FileIntegrity ${first.metadata.name} ${wanted.length} times. Give one of them`
      : `The input holds several FileIntegrities: ${names}. Choose one with --name`,
  };
}

function userConfig(spec: EffectiveSpec, configMaps: readonly ConfigMap[]): Found<string> {
  const wanted = spec.userConfig;
  if (wanted === undefined) return { found: defaultPolicy };
  const { name, namespace, key } = wanted;
  const [first, ...more] = configMaps.filter(({ metadata }) =>
    metadata.name === name && (metadata.namespace ?? namespace) === namespace
  );
  if (first === undefined) {
    return {
      fault:
        `spec.config: names the ConfigMap ${namespace}/${name}, which the input does not hold. ` +
        "Add it as another document or with another -f, or remove spec.config.name",
    };
  }
  if (more.length > 0) {
    return {
      fault: `spec.config: names the ConfigMap ${namespace}/${name}, which the input holds ${
        more.length + 1
      } times. Give one of them`,
    };
  }
  const text = first.data?.[key];
  if (text !== undefined && text.trim() !== "") return { found: text };
  const keys = Object.keys(first.data ?? {}).join(", ") || "none";
  return {
    fault:
      `spec.config.key: ConfigMap ${namespace}/${name} has no text under "${key}" (its keys: ${keys}). ` +
      "Correct the key",
  };
}

/** The status of this node among those that were given; one that could not be trusted is never passed over. */
function trustedStatus(
  statuses: readonly FileIntegrityNodeStatus[],
  fileIntegrity: string,
  node: string,
): Found<ScanInput["status"]> {
  if (statuses.length === 0) return { found: undefined };
  const name = nodeStatusName(fileIntegrity, node);
  const [first, ...more] = statuses.filter(({ metadata }) => metadata.name === name);
  if (first === undefined) {
    const names = statuses.map(({ metadata }) => metadata.name).join(", ");
    return {
      fault: `The input holds no FileIntegrityNodeStatus ${name}, only ${names}. ` +
        "Give that of this node, name the node with --node, or leave it out",
    };
  }
  if (more.length > 0) {
    return {
      fault: `The input holds the FileIntegrityNodeStatus ${name} ${
        more.length + 1
      } times. Give one of them`,
    };
  }
  const { baseline } = first;
  if (baseline !== undefined) return { found: { ...first, baseline } };
  return {
    fault: `FileIntegrityNodeStatus ${name}: baseline: found nothing. ` +
      "Give a status that records one, or leave it out",
  };
}

/**
 * Reads everything that a scan needs out of the user's documents; all faults at once. `name` is the FileIntegrity
 * that is wanted, `node` the node that is scanned.
 */
export function readScanInput(
  sources: readonly Source[],
  name: string | undefined,
  node: string,
): ScanInputResult {
  const documents = readDocuments(sources);
  const { faults } = documents;
  const chosen = choose(documents.fileIntegrities, name);
  if ("fault" in chosen) {
    // What is faulty may be what is missing.
    return { faults: faults.length > 0 ? faults : [chosen.fault] };
  }
  const fileIntegrity = chosen.found;
  const { spec, adjustments } = effectiveSpec(fileIntegrity);
  const status = trustedStatus(documents.statuses, fileIntegrity.metadata.name, node);
  if ("fault" in status) faults.push(status.fault);
  const text = userConfig(spec, documents.configMaps);
  if ("fault" in text) return { faults: [...faults, text.fault] };
  const conversion = convertConfig(text.found);
  const where = spec.userConfig === undefined
    ? "default policy"
    : `ConfigMap ${spec.userConfig.name}`;
  faults.push(
    ...conversion.faults.map(({ line, message }) => `${where}, line ${line}: ${message}`),
  );
  if ("fault" in status || faults.length > 0) return { faults };
  return {
    input: {
      fileIntegrity,
      spec,
      config: conversion.text,
      configDigest: digestText(conversion.text),
      ...(status.found === undefined ? {} : { status: status.found }),
      remarks: adjustments.map(({ path, message }) => `${path}: ${message}`),
      // The default policy is nobody's to mend here.
      advice: spec.userConfig === undefined
        ? []
        : conversion.advice.map((advice) => `${where}, line ${advice.line}: ${advice.message}`),
      conversions: conversion.notes.map((note) => `${where}, line ${note.line}: ${note.message}`),
    },
  };
}
