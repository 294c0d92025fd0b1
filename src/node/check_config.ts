import { type ConfigError, parseConfigErrors } from "../aide/config_check.ts";
import { localizeConfig } from "../aide/localize.ts";
import { aideProgram } from "./aide_process.ts";

const timeoutMs = 30_000;
const longest = 64 * 1024;

/**
 * What AIDE itself says against a converted configuration: nothing when it accepts it. The configuration goes in by
 * standard input and no output of it is opened, so nothing is read or written. Lines are those of the text.
 */
export async function checkConfig(converted: string, program: string): Promise<ConfigError[]> {
  const aide = aideProgram({ path: program, idle: [] });
  const { signal } = new AbortController();
  const version = await aide.version(signal);
  if (version === undefined) {
    return [{ message: `${program} does not start or is not AIDE`, unanswered: true }];
  }
  const decoder = new TextDecoder();
  let said = "";
  const nowhere = { databaseIn: "/dev/null", databaseOut: "/dev/null", textReport: "/dev/null" };
  const outcome = await aide.run({
    args: ["--config=-", "--config-check"],
    input: localizeConfig(converted, { root: "/", ...nowhere, aide: version, workers: 1 }),
    stdout: () => {},
    stderr: (chunk) => {
      if (said.length < longest) said += decoder.decode(chunk, { stream: true });
    },
    timeoutMs,
    signal,
  });
  if (outcome.end === "exited" && outcome.code === 0 && outcome.signal === undefined) return [];
  const errors = parseConfigErrors(said);
  if (errors.length > 0) return errors;
  const why = outcome.why ?? outcome.signal ?? `it ended with exit code ${outcome.code}`;
  return [{ message: `${program} --config-check gave no reason (${why})`, unanswered: true }];
}
