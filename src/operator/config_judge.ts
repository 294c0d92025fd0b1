import { convertConfig } from "../aide/convert.ts";
import { defaultPolicy } from "../aide/default_policy.ts";
import type { EffectiveSpec } from "../api/effective.ts";
import { describeValue } from "../api/fault.ts";
import { isNamespaceName, isObjectName } from "../api/names.ts";
import { digestText } from "../base/digest.ts";
import type { ObservedConfig } from "../plan/observed.ts";
import type { OperatorParts } from "./parts.ts";
import type { UserConfigMaps } from "./user_config_maps.ts";

const mostJudged = 16;
const mostRemarks = 10;
const mostFaults = 5;

/** The default policy as daemons run it. */
export function defaultConfig(): { text: string; digest: string } {
  const { text } = convertConfig(defaultPolicy);
  return { text, digest: digestText(text) };
}

function some(lines: readonly string[], most: number): string[] {
  return lines.length <= most
    ? [...lines]
    : [...lines.slice(0, most), `and ${lines.length - most} more`];
}

/** Says of every wanted AIDE configuration whether it may go live: converted, and accepted by AIDE itself. */
export class ConfigJudge {
  readonly #parts: Pick<OperatorParts, "checkConfig" | "namespace">;
  readonly #configMaps: Pick<UserConfigMaps, "get">;
  /** By the digest of the user's text; the one used last stands last. */
  readonly #judged = new Map<string, ObservedConfig>();

  constructor(
    parts: Pick<OperatorParts, "checkConfig" | "namespace">,
    configMaps: Pick<UserConfigMaps, "get">,
  ) {
    this.#parts = parts;
    this.#configMaps = configMaps;
  }

  /** The configuration that a spec asks for. */
  async wanted({ userConfig }: Pick<EffectiveSpec, "userConfig">): Promise<ObservedConfig> {
    if (userConfig === undefined) {
      return { state: "accepted", origin: "default", ...defaultConfig(), remarks: [] };
    }
    const { name, namespace, key } = userConfig;
    const where = `ConfigMap ${namespace}/${name}`;
    const invalid = [
      ...isObjectName(name) ? [] : [`spec.config.name: ${describeValue(name)} is no valid name`],
      ...isNamespaceName(namespace)
        ? []
        : [`spec.config.namespace: ${describeValue(namespace)} is no valid name of a namespace`],
    ];
    if (invalid.length > 0) {
      return { state: "not-found", message: `${invalid.join("; ")}: correct it` };
    }
    const found = this.#configMaps.get(namespace, name);
    switch (found.state) {
      case "pending":
        return { state: "pending" };
      case "not-found":
        return {
          state: "not-found",
          message: `spec.config: ${where} does not exist: create it, or correct name and namespace`,
        };
      case "forbidden":
        return {
          state: "forbidden",
          message:
            `spec.config: the operator may not read ${where}: let a Role in namespace ${namespace} grant get, ` +
            `list and watch on it to ServiceAccount ${this.#parts.namespace}/file-integrity-operator, or move it to ` +
            `namespace ${this.#parts.namespace}`,
        };
      case "unreadable":
        return {
          state: "pending",
          message: `spec.config: ${where} can't be read for now: ${found.message}`,
        };
      case "found":
    }
    const text = found.data[key];
    if (text === undefined) {
      const keys = some(Object.keys(found.data), mostRemarks).join(", ") || "none";
      return {
        state: "key-not-found",
        message:
          `spec.config.key: ${where} has no key "${key}" (its keys: ${keys}): correct the key`,
      };
    }
    return await this.judge(text, `${where}, key ${key}`);
  }

  /** Whether a configuration may go live, whoever wants it; `where` says where it stands. */
  async judge(text: string, where: string): Promise<ObservedConfig> {
    const digest = `${digestText(text)} ${where}`;
    const known = this.#judged.get(digest);
    if (known !== undefined) {
      this.#judged.delete(digest);
      this.#judged.set(digest, known);
      return known;
    }
    const judged = await this.#check(text, where);
    if (judged.state === "pending") return judged; // asked again the next time
    this.#judged.set(digest, judged);
    for (const oldest of this.#judged.keys()) {
      if (this.#judged.size <= mostJudged) break;
      this.#judged.delete(oldest);
    }
    return judged;
  }

  async #check(text: string, where: string): Promise<ObservedConfig> {
    const refused = (faults: readonly string[]): ObservedConfig => ({
      state: "refused",
      message: `${where} is refused: ${some(faults, mostFaults).join("; ")}. Correct it`,
    });
    if (text.trim() === "") {
      return refused(["its text is empty; write rules there, as in /etc R+sha512"]);
    }
    const { text: converted, faults, notes, advice } = convertConfig(text);
    if (faults.length > 0) {
      return refused(faults.map(({ line, message }) => `line ${line}: ${message}`));
    }
    const errors = await this.#parts.checkConfig(converted);
    const unanswered = errors.find((error) => error.unanswered === true);
    if (unanswered !== undefined) {
      return {
        state: "pending",
        message: `${where} can't be checked for now, and waits: ${unanswered.message}`,
      };
    }
    if (errors.length > 0) {
      return refused(
        errors.map(({ line, message }) =>
          line === undefined ? `AIDE says: ${message}` : `line ${line}: AIDE says: ${message}`
        ),
      );
    }
    const remarks = [...advice, ...notes].map(({ line, message }) =>
      line === undefined
        ? `${message.charAt(0).toUpperCase()}${message.slice(1)}`
        : `Line ${line}: ${message}`
    );
    return {
      state: "accepted",
      origin: "user",
      text: converted,
      digest: digestText(converted),
      remarks: some(remarks, mostRemarks),
    };
  }
}
