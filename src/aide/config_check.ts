/** AIDE's own words about a configuration, from the stderr of `aide --config-check`. */

/** One error of AIDE. `line` and `column` are 1-based, absent where AIDE names none. */
export interface ConfigError {
  line?: number;
  column?: number;
  message: string;
  /** Says that AIDE gave no answer: nothing is known of the configuration, and asking again may help. */
  unanswered?: true;
}

const maxErrors = 100;
const maxMessage = 2000;

// "ERROR: FILE:LINE:COL: text (line: '…')", indented by 0.17 and later, "LINE:text" in 0.16.
const located = /^(?:[^\n]*?):(\d{1,9})(?::(\d{1,9}))?: (.+)$/;
const old = /^(\d{1,9}):(.+)$/;

function parse(text: string): ConfigError {
  const match = located.exec(text) ?? undefined;
  if (match !== undefined) {
    const [, line, column, message = ""] = match;
    return {
      line: Number(line),
      ...(column === undefined ? {} : { column: Number(column) }),
      message: message.slice(0, maxMessage),
    };
  }
  return { message: text.slice(0, maxMessage) };
}

/**
 * Gives the errors in AIDE's stderr, in its order, at most 100 of them. Since lines keep their numbers from the user's
 * text to the localized one, a `line` is the user's.
 */
export function parseConfigErrors(stderr: string): ConfigError[] {
  const errors: ConfigError[] = [];
  for (const raw of stderr.split("\n")) {
    if (errors.length === maxErrors) break;
    const error = /^\s*ERROR: (.+)$/.exec(raw)?.[1];
    if (error !== undefined) {
      errors.push(parse(error));
      continue;
    }
    const before = old.exec(raw); // AIDE 0.16 has no severity in front
    if (before !== null) {
      errors.push({
        line: Number(before[1]),
        message: (before[2] ?? "").trim().slice(0, maxMessage),
      });
    }
  }
  return errors;
}
