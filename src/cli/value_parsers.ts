import { message, metavar as valueName } from "@optique/core/message";
import { string } from "@optique/core/valueparser";
import { path as pathParser } from "@optique/run/valueparser";

/** A text that is not empty: `--root "$UNSET"` must not mean the directory that the user happens to be in. */
export function filled(
  metavar: "FILE" | "DIR" | "NAME" | "PATH" | "UID" | "DIGEST" | "IMAGE" | "ADDRESS",
): ReturnType<typeof string> {
  const errors = {
    patternMismatch: message`Expected a ${valueName(metavar)}, found an empty text.`,
  };
  return string({ metavar, pattern: /[^]/, errors });
}

/** A path, which shells complete. Whether it is there is seen when it is used. */
export function filledPath(
  metavar: "FILE" | "DIR" | "PATH",
  type: "either" | "directory",
): ReturnType<typeof filled> {
  const { suggest } = pathParser({ metavar, type });
  return { ...filled(metavar), ...(suggest === undefined ? {} : { suggest }) };
}
