/** Validation of the objects that users write: all faults at once, each with its field path and remedy. */

import type { Static, TSchema } from "typebox";
import { type ConfigMap, ConfigMapSchema, maxConfigMapBytes } from "./config_map.ts";
import { describeValue, type Fault } from "./fault.ts";
import { type FileIntegrity, FileIntegritySchema } from "./file_integrity.ts";
import { FileIntegrityStatusSchema } from "./file_integrity_status.ts";
import { metadataFaults } from "./metadata_faults.ts";
import { type FileIntegrityNodeStatus, FileIntegrityNodeStatusSchema } from "./node_status.ts";
import { schemaFaults } from "./schema_faults.ts";
import { specFaults } from "./spec_faults.ts";

/** The object when nothing is wrong with it, and everything that is wrong with it otherwise. */
export interface Validation<T> {
  object?: T;
  faults: Fault[];
}

/** How to validate. */
export interface ValidateOptions {
  /** Whether unknown fields are faults; they are by default, as they are to kubectl. */
  strict?: boolean;
}

/** Fields without a value count as absent, as they do to the API server; deeper levels likewise. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).filter(([, child]) => child !== null).map((
      [key, child],
    ) => [key, withoutNulls(child)]),
  );
}

function validate<S extends TSchema>(
  schema: S,
  input: unknown,
  options: ValidateOptions,
  further: (object: Static<S>) => Fault[],
): Validation<Static<S>> {
  const value = withoutNulls(input) as Static<S>;
  const faults = schemaFaults(schema, value, options.strict ?? true);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject) {
    const wrong = new Set(faults.map((fault) => fault.path));
    const { metadata } = value as { metadata?: unknown };
    const beyond = [...metadataFaults(metadata), ...further(value)];
    faults.push(...beyond.filter((fault) => !wrong.has(fault.path)));
  }
  return faults.length === 0 ? { object: value, faults } : { faults };
}

/** The input without a status that doesn't fit. */
function withFittingStatus(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("status" in input)) return input;
  const { status, ...rest } = input;
  const fits = schemaFaults(FileIntegrityStatusSchema, withoutNulls(status), false).length === 0;
  return fits ? input : rest;
}

/**
 * Validates a FileIntegrity. The status is not the user's: one that doesn't fit is left out, as the API server
 * leaves out any. Numbers out of range are no faults: `effectiveSpec` bounds them.
 */
export function validateFileIntegrity(
  input: unknown,
  options: ValidateOptions = {},
): Validation<FileIntegrity> {
  return validate(
    FileIntegritySchema,
    withFittingStatus(input),
    options,
    ({ spec }) => specFaults(spec),
  );
}

/** Validates a FileIntegrityNodeStatus. */
export function validateFileIntegrityNodeStatus(
  input: unknown,
  options: ValidateOptions = {},
): Validation<FileIntegrityNodeStatus> {
  return validate(FileIntegrityNodeStatusSchema, input, options, () => []);
}

/** Validates a ConfigMap that is to hold an AIDE configuration. */
export function validateConfigMap(
  input: unknown,
  options: ValidateOptions = {},
): Validation<ConfigMap> {
  return validate(ConfigMapSchema, input, options, ({ data, binaryData }) => {
    const faults: Fault[] = [];
    if (binaryData !== undefined) {
      faults.push({
        path: "binaryData",
        message: "an AIDE configuration is text, and binary data is not read",
        remedy: "Move the configuration to data, as text",
      });
    }
    let bytes = 0;
    for (const [key, text] of Object.entries(typeof data === "object" ? data : {})) {
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === "." || key === "..") {
        faults.push({
          path: "data",
          message: `found the key ${describeValue(key).slice("the text ".length)}`,
          remedy: 'Write a key of letters, digits, "-", "_" and ".", such as aide.conf',
        });
      }
      if (typeof text === "string") bytes += new TextEncoder().encode(text).length;
    }
    if (bytes > maxConfigMapBytes) {
      faults.push({
        path: "data",
        message: `found ${bytes} bytes`,
        remedy: `Write at most ${maxConfigMapBytes} bytes in all keys together`,
      });
    }
    return faults;
  });
}
