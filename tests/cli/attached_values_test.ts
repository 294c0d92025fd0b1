import { assertEquals } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { documentedSample, run } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const [newest] = (await aideBinaries()).slice(-1);

Deno.test("-ojson and -o=json are -o json, and -fFILE is -f FILE", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  for (const output of ["-ojson", "-o=json"]) {
    const { code, stdout, stderr } = await host.scan([output]);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout).kind, "FileIntegrityNodeStatus");
  }
  const [command = "", , , ...rest] = host.arguments(["--once", "-oyaml"]);
  const { code, stderr } = await run([command, `-f${documentedSample}`, ...rest]);
  assertEquals(code, 0, stderr);
});

Deno.test("a scan whose rules select its own state does not report itself", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const input = await host.file(
    "all.yaml",
    `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata: {name: all}
spec: {config: {name: everything, namespace: default, key: conf}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: everything}
data:
  conf: |
    ALL = sha512+ftype+p+u+g+n+s+m+c
    / ALL
`,
  );
  const where = ["--state-dir", `${host.root}/var/lib/state`, "--aide", newest?.path ?? ""];
  for (let scan = 1; scan <= 3; scan++) {
    const { code, stdout, stderr } = await run([
      ...["scan", "-f", input, "--root", host.root, "--once", "-o", "json", "--node", "n1"],
      ...where,
    ]);
    assertEquals(code, 0, `scan ${scan}: ${stdout}${stderr}`);
  }
});
