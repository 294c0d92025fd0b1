import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  choosePrograms,
  type FoundProgram,
  parseVersion,
  type ProgramName,
  programNames,
} from "./programs.ts";

function found(name: ProgramName, version: string, from = "PATH"): FoundProgram {
  const parsed = parseVersion(version);
  assert(parsed !== undefined);
  return { name, path: `/${from}/${name}`, version: parsed, from };
}

const build = programNames.map((name) =>
  found(name, name === "etcd" ? "3.6.8" : "1.36.2", "the build")
);

Deno.test("versions are read from what programs say of themselves", () => {
  assertEquals(parseVersion("Kubernetes v1.36.2\n"), { major: 1, minor: 36, patch: 2 });
  assertEquals(parseVersion("etcd Version: 3.6.8\nGit SHA: Not provided\nGo Version: go1.26.8"), {
    major: 3,
    minor: 6,
    patch: 8,
  });
  assertEquals(parseVersion("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0"), {
    major: 1,
    minor: 32,
    patch: 4,
  });
  assertEquals(parseVersion("no such thing"), undefined);
});

Deno.test("programs: the first of each kind is taken, and where they came from is said", () => {
  const { programs, missing, passedOver } = choosePrograms([found("kubectl", "1.30.0"), ...build]);
  assertEquals({ missing, passedOver }, { missing: [], passedOver: [] });
  assertEquals(programs?.paths.kubectl, "/PATH/kubectl");
  assertEquals(programs?.paths["kube-apiserver"], "/the build/kube-apiserver");
  assertEquals(programs?.version, "1.36.2");
  assertStringIncludes(programs?.origin ?? "", "kubectl: PATH; ");
});

Deno.test("programs: those of one minor version are completed by others of it", () => {
  const envtest = ["etcd", "kube-apiserver", "kubectl"] as const;
  const { programs, passedOver } = choosePrograms([
    ...envtest.map((name) => found(name, name === "etcd" ? "3.6.8" : "1.36.0", "assets")),
    ...build,
  ]);
  assertEquals(passedOver, []);
  assertEquals(programs?.paths["kube-apiserver"], "/assets/kube-apiserver");
  assertEquals(programs?.paths["kube-scheduler"], "/the build/kube-scheduler");
});

Deno.test("programs: minor versions are not mixed, and what is passed over is said with the reason", () => {
  const { programs, passedOver } = choosePrograms([
    found("kube-apiserver", "1.34.1", "assets"),
    ...build,
  ]);
  assertEquals(programs?.paths["kube-apiserver"], "/the build/kube-apiserver");
  assertEquals(passedOver, [
    "kube-apiserver 1.34.1 of assets is not used: there is no kube-controller-manager and no kube-scheduler of 1.34",
  ]);
});

Deno.test("programs: a set that is too old counts as none", () => {
  const old = programNames.map((name) => found(name, name === "etcd" ? "3.4.23" : "1.31.9"));
  const { programs, missing, passedOver } = choosePrograms(old);
  assertEquals(programs, undefined);
  assertEquals(missing, programNames.filter((name) => name !== "kubectl"));
  assertEquals(passedOver.length, 4);
  assertStringIncludes(
    passedOver.join("\n"),
    "etcd 3.4.23 of PATH is not used: it is older than 3.5",
  );
  assertStringIncludes(passedOver.join("\n"), "kube-scheduler 1.31.9 of PATH is not used");
  assertEquals(choosePrograms([...old, ...build]).programs?.version, "1.36.2");
});

Deno.test("programs: without a scheduler there is no set, however much else there is", () => {
  const { programs, missing } = choosePrograms(
    build.filter(({ name }) => name !== "kube-scheduler"),
  );
  assertEquals(programs, undefined);
  assert(missing.includes("kube-scheduler"));
});
