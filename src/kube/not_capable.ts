import { KubeError } from "./kube_error.ts";

/** The "not-capable" error of an action that Deno's permissions forbid; it names the flag that is missing. */
export function notCapable(action: string, cause: Deno.errors.NotCapable): KubeError {
  const [, kind, what] = /Requires (\w+) access(?: to "?(.*?)"?)?, run again/.exec(cause.message) ??
    [];
  const flag = kind === undefined ? "" : `; run it with --allow-${kind}${what ? `=${what}` : ""}`;
  return new KubeError("not-capable", `${action}: this process is not permitted to${flag}`, {
    cause,
  });
}
