/** The README's commands for a host, word for word, on a host of the test's own. */

import { assert, assertEquals } from "@std/assert";
import { logConfigMaps } from "../../src/api/log_config_maps.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { sampleLog } from "../api/sample_log.ts";
import { type Block, userBlocks } from "../docs/document.ts";
import { missingLine } from "../docs/loose_output.ts";
import { sessionOf } from "../docs/session.ts";
import { documentedSample } from "./program.ts";
import { ScanHost } from "./scan_host.ts";

const root = new URL("../../", import.meta.url).pathname;
const [, newest] = await aideBinaries();

async function readmeBlock(begins: string): Promise<Block> {
  const [block, ...others] = (await userBlocks())
    .filter(({ document, text }) => document === "README.md" && text.startsWith(begins));
  assert(block !== undefined && others.length === 0, begins);
  return block;
}

/** A reader's shell: root already, with the program installed, which sees the test's host in place of this machine. */
class ReadersShell {
  private constructor(readonly host: ScanHost) {}

  static async open(host: ScanHost): Promise<ReadersShell> {
    const script = async (name: string, text: string): Promise<void> => {
      await Deno.mkdir(`${host.directory}/bin`, { recursive: true });
      await Deno.writeTextFile(`${host.directory}/bin/${name}`, `#!/bin/sh\n${text}\n`, {
        mode: 0o755,
      });
    };
    await script("sudo", 'exec "$@"');
    await script("install", "true"); // this machine is not to have it
    await script(
      "file-integrity-operator",
      `exec '${Deno.execPath()}' run --quiet -A --no-check '--config=${root}deno.json' ` +
        `'${root}src/main.ts' "$@" --root '${host.root}' --state-dir '${host.state}' ` +
        `--aide '${host.aide}'`,
    );
    await Deno.copyFile(documentedSample, `${host.directory}/worker-fileintegrity.yaml`);
    return new ReadersShell(host);
  }

  async run(command: string): Promise<string> {
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", command.replaceAll("/etc/resolv.conf", this.host.resolvConf)],
      cwd: this.host.directory,
      env: { PATH: `${this.host.directory}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const [text, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return text === "" ? log ?? "" : text ?? "";
  }
}

Deno.test("documents: a host is scanned, changed and scanned again", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const shell = await ReadersShell.open(host);
  const commands = sessionOf(await readmeBlock("$ sudo install dist/"));
  assertEquals(commands.map(({ shown }) => shown.length > 0), [false, true, false, true]);
  for (const { command, shown } of commands) {
    const said = await shell.run(command);
    if (shown.length > 0) assertEquals(missingLine(shown, said), undefined, `${command}\n${said}`);
  }
});

Deno.test("documents: a compressed log of a host is unpacked", async () => {
  await using host = await ScanHost.make(newest?.path ?? "");
  const shell = await ReadersShell.open(host);
  const name = "aide-ds-worker-fileintegrity-worker-1-failed";
  const size = 1_200_000;
  const [map, ...more] = await Array.fromAsync(logConfigMaps(sampleLog(size), {
    ...{ name, namespace: "ns", kind: "failed" },
    ...{ fileIntegrity: "worker-fileintegrity", node: "worker-1" },
    counts: { added: 0, changed: 1, removed: 0 },
    scanTime: "2026-01-01T00:00:00Z",
  }));
  assertEquals(more, []);
  assert("file-integrity.openshift.io/compressed" in (map?.metadata.annotations ?? {}));
  await host.file(`${name}.json`, JSON.stringify(map));
  const [only, ...others] = sessionOf(await readmeBlock("$ jq -r '.data.integritylog'"));
  assertEquals(others, []);
  const command = only?.command.replace("NAME", "worker-fileintegrity").replace("NODE", "worker-1");
  const said = await shell.run(command ?? "");
  // Compared as a whole: a difference of a megabyte is nothing to print.
  assert(said === await new Response(sampleLog(size)).text(), said.slice(0, 200));
});
