import { assert, assertEquals } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";
import { defaultPolicy } from "../../src/aide/default_policy.ts";
import { localizeConfig, type Place } from "../../src/aide/localize.ts";
import {
  type AideRun,
  checkConfig,
  databasePaths,
  makeTree,
  runAide,
  type TestedAide,
  testedAides,
  withDirectory,
} from "./run_aide.ts";

const oldTable = await Deno.readTextFile(new URL("configs/go_operator_0_16.conf", import.meta.url));

const tree = [
  "boot/vmlinuz",
  "etc/resolv.conf",
  "etc/hosts",
  "etc/mtab",
  "etc/hosts~",
  "etc/ssl/certs/a.pem",
  "etc/kubernetes/kubelet.conf",
  "etc/kubernetes/kubelet-ca.crt",
  "etc/kubernetes/aide.db.gz",
  "etc/kubernetes/manifests/pod.yaml",
  "etc/kubernetes/cni/net.d/10.conf",
  "etc/kubernetes/static-pod-resources/x",
  "etc/machine-config-daemon/currentconfig",
  "etc/machine-config-daemon/node-annotations.json",
  "etc/machine-config-daemon/node-annotation.json.bak",
  "etc/machine-config-daemon/other.json",
  "etc/NetworkManager/system-connections/eth0",
  "etc/NetworkManager/conf.d/x",
  "etc/cni/multus/certs/a",
  "opt/app/x",
  "root/.bashrc",
  "root/.kube/config",
  "root/notes",
  "usr/bin/ls",
  "usr/src/linux/x",
  "usr/tmp/x",
  "usr/lib/systemd/system/a.service",
  "var/log/messages",
  "var/lib/file-integrity/x/aide.db.gz",
  "home/user/x",
];

interface Host {
  root: string;
  aide: TestedAide;
  run: (...args: string[]) => Promise<AideRun>;
  report: () => Promise<string>;
  selected: () => Promise<string[]>;
}

/** Makes a host for each AIDE, with a configuration, and calls `use` with it. */
async function onHosts(config: string, use: (host: Host) => Promise<void>): Promise<void> {
  for (const aide of await testedAides()) {
    await withDirectory(async (directory) => {
      const root = `${directory}/root`;
      await makeTree(root, tree);
      await Deno.symlink("hosts", `${root}/etc/link`);
      const database = `${directory}/aide.db.gz`;
      const at: Place = {
        root,
        databaseIn: database,
        databaseOut: database,
        textReport: `${directory}/report`,
        aide: aide.parsed,
        workers: 1,
      };
      const file = `${directory}/aide.conf`;
      await Deno.writeTextFile(file, localizeConfig(convertConfig(config).text, at));
      const run = (...args: string[]): Promise<AideRun> => runAide(aide, ["-c", file, ...args]);
      assertEquals((await run("--init")).code, 0);
      await use({
        root,
        aide,
        run,
        report: () => Deno.readTextFile(at.textReport),
        selected: async () => {
          const { readable } = await Deno.open(database);
          const plain = readable.pipeThrough(new DecompressionStream("gzip"));
          return databasePaths(await new Response(plain).text());
        },
      });
    });
  }
}

Deno.test("the default policy is its own conversion", () => {
  const { text, notes, faults } = convertConfig(defaultPolicy);
  assertEquals([text, notes, faults], [defaultPolicy, [], []]);
});

Deno.test("the default policy passes AIDE's check without a word", async () => {
  for (const aide of await testedAides()) {
    const { code, stdout, stderr } = await checkConfig(
      aide,
      defaultPolicy.replace(/^report_url=.*$/m, ""),
    );
    assertEquals([code, stdout, stderr], [0, "", ""]);
  }
});

Deno.test("the default policy selects what the 0.16 table selects, but for what MCO writes", async () => {
  const selections: string[][] = [];
  for (const config of [defaultPolicy, oldTable]) {
    await onHosts(config, async ({ selected }) => {
      selections.push(await selected());
    });
  }
  const [ours = [], ours019, table = [], table019] = selections;
  assertEquals(ours019, ours);
  assertEquals(table019, table);
  assertEquals(table.filter((path) => !ours.includes(path)), [
    "/etc/machine-config-daemon/node-annotations.json",
  ]);
  assertEquals(ours.filter((path) => !table.includes(path)), []);
  for (
    const path of ["/usr/bin/ls", "/boot/vmlinuz", "/etc/resolv.conf", "/root/.bashrc", "/etc/link"]
  ) {
    assert(ours.includes(path), path);
  }
});

/** What a check says of a change: the JSON report's lists. */
async function changes(
  host: Host,
): Promise<{ added: string[]; removed: string[]; changed: string[] }> {
  const { stdout } = await host.run("--check");
  const report = JSON.parse(stdout);
  const paths = (list: Record<string, string> | undefined): string[] => Object.keys(list ?? {});
  return {
    added: paths(report.added),
    removed: paths(report.removed),
    changed: paths(report.changed),
  };
}

Deno.test("a line appended to a file is one changed file and nothing else", async () => {
  await onHosts(defaultPolicy, async (host) => {
    await Deno.writeTextFile(`${host.root}/etc/resolv.conf`, "# integrity test\n", {
      append: true,
    });
    assertEquals(await changes(host), { added: [], removed: [], changed: ["/etc/resolv.conf"] });
    const report = await host.report();
    assert(/^ {2}Changed entries:\t+1$/m.test(report), report);
    assert(/^ {2}Added entries:\t+0$/m.test(report), report);
    assert(/^ {2}Removed entries:\t+0$/m.test(report), report);
    assert(/^ Size /m.test(report), report);
  });
});

Deno.test("files that come and go are reported without the directory that holds them", async () => {
  for (const config of [defaultPolicy, oldTable]) {
    await onHosts(config, async (host) => {
      await Deno.writeTextFile(`${host.root}/etc/ssl/certs/new.pem`, "x");
      for (let n = 0; n < 300; n++) {
        await Deno.writeTextFile(`${host.root}/usr/bin/a-rather-long-name-for-a-program-${n}`, "");
      }
      await Deno.remove(`${host.root}/etc/hosts`);
      const { added, removed, changed } = await changes(host);
      assertEquals([added.length, removed, changed], [301, ["/etc/hosts"], []]);
    });
  }
});

Deno.test("a link that points elsewhere is reported, with both targets", async () => {
  await onHosts(defaultPolicy, async (host) => {
    await Deno.remove(`${host.root}/etc/link`);
    await Deno.symlink("resolv.conf", `${host.root}/etc/link`);
    assertEquals(await changes(host), { added: [], removed: [], changed: ["/etc/link"] });
    assert(/Lname +: hosts +\| resolv\.conf/.test(await host.report()));
  });
});

Deno.test("a dot file of root may change, its owner and mode may not", async () => {
  await onHosts(defaultPolicy, async (host) => {
    await Deno.writeTextFile(`${host.root}/root/.bashrc`, "more", { append: true });
    assertEquals((await host.run("--check")).code, 0);
    await Deno.chmod(`${host.root}/root/.bashrc`, 0o777);
    assertEquals((await changes(host)).changed, ["/root/.bashrc"]);
  });
});
