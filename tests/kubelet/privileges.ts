/** The securityContext of a container, as arguments of setpriv. */
import { imageUser } from "../../src/build/image/image_config.ts";
import type { Container, Pod } from "./kinds.ts";

// What containerd leaves to a container that does not say.
const usual = [
  ...["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap"],
  ...["net_bind_service", "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap"],
];

const names = (list: readonly string[] = []): string[] =>
  list.map((name) => name.toLowerCase().replace(/^cap_/, ""));

function capabilities({ add, drop }: { add?: string[]; drop?: string[] } = {}): string[] {
  const dropped = names(drop);
  const kept = dropped.includes("all") ? [] : usual.filter((name) => !dropped.includes(name));
  const added = names(add);
  return added.includes("all") ? ["all"] : [...new Set([...kept, ...added])];
}

/** Whether the container's own files can't be written to. */
export function hasReadOnlyRoot({ securityContext }: Container): boolean {
  return securityContext?.readOnlyRootFilesystem === true;
}

/** The arguments of setpriv that leave a process what the container may have: user, groups and capabilities. */
export function privilegeArguments(pod: Pod, container: Container): string[] {
  const context = { ...pod.spec?.securityContext, ...container.securityContext };
  const user = context.runAsUser ?? (context.runAsNonRoot ? imageUser : 0);
  if (context.runAsNonRoot && user === 0) {
    throw new Error("Cannot start the container: it is to run as user 0 and as somebody else");
  }
  const groups = [context.fsGroup ?? [], context.supplementalGroups ?? []].flat();
  const bounding = context.privileged
    ? []
    : [`--bounding-set=${["-all", ...capabilities(context.capabilities).map((one) => `+${one}`)]}`];
  return [
    ...["--reuid", String(user), "--regid", String(context.runAsGroup ?? user)],
    ...groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")],
    ...["--inh-caps=-all", ...bounding],
    ...context.allowPrivilegeEscalation === false ? ["--no-new-privs"] : [],
    // Changing the user takes this away from the process.
    ...["--pdeathsig", "KILL"],
  ];
}
