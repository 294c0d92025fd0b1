import { assertEquals, assertStringIncludes } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { run } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const [newest] = (await aideBinaries()).slice(-1);

Deno.test("a directory that holds other things is no state directory, and stays as it is", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const args = host.arguments(["--once"]).map((argument) =>
    argument === host.state ? `${host.root}/etc` : argument
  );
  const { code, stdout } = await run(args);
  assertEquals(code, 2);
  assertStringIncludes(stdout, '"resolv.conf"');
  const names = (await Array.fromAsync(Deno.readDir(`${host.root}/etc`))).map(({ name }) => name);
  assertEquals(names, ["resolv.conf"]);
});

Deno.test("a state directory that others can write, or own, is refused", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  await Deno.mkdir(host.state);
  await Deno.chmod(host.state, 0o777);
  const writable = await host.status();
  assertEquals(writable.code, 2);
  assertStringIncludes(writable.status.lastResult.errorMessage ?? "", `chmod 700 ${host.state}`);
  await Deno.chmod(host.state, 0o700);
  await Deno.chown(host.state, 65534, 65534);
  const owned = await host.status();
  assertEquals(owned.code, 2);
  assertStringIncludes(owned.status.lastResult.errorMessage ?? "", "chown");
});

Deno.test("a saved status that a new baseline has overtaken is told, and so is a configuration that waits", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const { stdout } = await host.scan(["-o", "json"]);
  const saved = await host.file("saved.json", stdout);
  const { code, stderr } = await host.scan(["--re-init", "-f", saved]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, `replace it by ${host.state}/status.json`);

  await host.append();
  const sample = await Deno.readTextFile(
    new URL("../../manifests/samples/worker-fileintegrity.yaml", import.meta.url),
  );
  const changed = await host.file("changed.yaml", sample.replace("!/etc/mtab$", "!/etc/motd$"));
  const waiting = await run(host.arguments(["--once"], changed));
  assertEquals(waiting.code, 1, waiting.stderr);
  assertStringIncludes(waiting.stderr, "The configuration has changed");
});
