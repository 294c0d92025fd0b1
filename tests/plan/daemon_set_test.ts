import { assertEquals } from "@std/assert";
import { parseAll } from "@std/yaml";
import { effectiveSpec } from "../../src/api/effective.ts";
import type { FileIntegritySpec } from "../../src/api/file_integrity.ts";
import { daemonSetSpec } from "../../src/plan/daemon_set.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

function podOf(spec: FileIntegritySpec = { config: {} }): Any {
  return daemonSetSpec({
    ...{ fileIntegrity: "worker", uid: "u", namespace: "ns", configDigest: "sha256:0" },
    image: "image",
    ...effectiveSpec({ spec }),
  }).template.spec;
}

Deno.test("daemon set: the pod is not privileged, and writes one directory of the host", () => {
  const { containers: [container, ...more], volumes, ...pod } = podOf();
  assertEquals(more, []);
  for (const shared of ["hostPID", "hostNetwork", "hostIPC"]) assertEquals(pod[shared], undefined);
  assertEquals(container.securityContext, {
    allowPrivilegeEscalation: false,
    capabilities: { add: ["DAC_READ_SEARCH"], drop: ["ALL"] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: false,
    runAsUser: 0,
    seLinuxOptions: { type: "spc_t" },
    seccompProfile: { type: "RuntimeDefault" },
  });
  const hostPaths = volumes.filter(({ hostPath }: Any) => hostPath !== undefined);
  const writable = hostPaths.filter(({ name }: Any) =>
    container.volumeMounts.some((mount: Any) => mount.name === name && mount.readOnly !== true)
  );
  assertEquals(writable.map(({ hostPath }: Any) => hostPath.path), [
    "/var/lib/file-integrity/worker",
  ]);
});

Deno.test("daemon set: as many workers as cores are allowed, and no more than four", () => {
  for (const [cpu, workers] of [["300m", 1], ["1", 1], ["1500m", 2], [3, 3], ["64", 4]] as const) {
    const { containers: [container] } = podOf({ config: {}, resources: { limits: { cpu } } });
    assertEquals(container.args.filter((arg: string) => arg.startsWith("--workers")), [
      `--workers=${workers}`,
    ]);
  }
});

Deno.test("daemon set: OpenShift's constraints allow what the pod asks for, and nothing else", async () => {
  const text = await Deno.readTextFile(
    new URL("../../manifests/openshift/daemon_scc.yaml", import.meta.url),
  );
  const [scc] = parseAll(text) as Any[];
  const { containers: [{ securityContext }], volumes } = podOf();
  assertEquals(scc.allowedCapabilities, securityContext.capabilities.add);
  assertEquals(scc.requiredDropCapabilities, securityContext.capabilities.drop);
  assertEquals(scc.allowPrivilegedContainer, securityContext.privileged);
  assertEquals(scc.allowPrivilegeEscalation, securityContext.allowPrivilegeEscalation);
  assertEquals(scc.readOnlyRootFilesystem, securityContext.readOnlyRootFilesystem);
  assertEquals(scc.seccompProfiles, ["runtime/default"]);
  const kinds = new Set(volumes.map(({ name: _, ...source }: Any) => Object.keys(source)[0]));
  kinds.add("projected"); // the ServiceAccount's token
  assertEquals(scc.volumes, [...kinds].sort());
  for (const [key, value] of Object.entries(scc)) {
    if (key.startsWith("allowHost")) assertEquals(value, key === "allowHostDirVolumePlugin", key);
  }
});
