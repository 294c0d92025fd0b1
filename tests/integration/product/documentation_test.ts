import { assert, assertEquals, assertMatch } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { DocumentedShell } from "../api/documented_shell.ts";
import { productTest } from "./installation.ts";

const workers = ["ip-10-0-130-192", "ip-10-0-147-133", "ip-10-0-165-160"]
  .map((name) => `${name}.ec2.internal`);
const [failing = "", late = ""] = workers;
const failureMap = `aide-ds-worker-fileintegrity-${failing}-failed`;

productTest(
  "the documentation, command by command, on three nodes",
  async (product) => {
    const { cluster, namespace, nodes } = product;
    await using editor = await DocumentedShell.of(cluster, namespace, "editor");
    await using viewer = await DocumentedShell.of(cluster, namespace, "viewer");
    // Until Initializing was told: it is over when all nodes have reported, however late the operator looks.
    await nodes.stopNode(late);

    // 6.6.1
    const applied = await editor.run(
      "oc apply -f worker-fileintegrity.yaml -n openshift-file-integrity",
    );
    assertMatch(
      applied.stdout,
      /^fileintegrity\.fileintegrity\.openshift\.io\/worker-fileintegrity created$/m,
    );
    const list = await viewer.run("oc get fileintegrities -n openshift-file-integrity");
    assertMatch(list.stdout, /^NAME +AGE\nworker-fileintegrity +\d+s\n$/);

    // 6.6.4: -w from before the first result
    await using watch = viewer.start("oc get fileintegritynodestatuses -w");
    assertMatch(await watch.line(), /^NAME +NODE +STATUS$/);

    // 6.6.2
    await product.untilPhase("worker-fileintegrity", "Initializing");
    await nodes.startNode(late);
    await product.untilPhase("worker-fileintegrity", "Active");
    const phase = await viewer.run(
      'oc get fileintegrities/worker-fileintegrity -o jsonpath="{ .status.phase }"',
    );
    assertEquals(phase.stdout, "Active");
    const seen = new Set<string>();
    while (seen.size < workers.length) {
      const [name = "", node = "", status] = (await watch.line()).split(/ {2,}/);
      assertEquals(name, `worker-fileintegrity-${node}`);
      if (status === "Succeeded") seen.add(node);
    }
    assertEquals([...seen].sort(), workers);

    // 6.6.5.1
    const results = "oc get fileintegritynodestatuses.fileintegrity.openshift.io " +
      "-ojsonpath='{.items[*].results}' | jq";
    const time = String.raw`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"`;
    const succeeded = String
      .raw`\[\n  \{\n    "condition": "Succeeded",\n    "lastProbeTime": ${time}\n  \}\n\]\n`;
    assertMatch((await viewer.run(results)).stdout, new RegExp(`^(${succeeded}){3}$`));

    // 6.6.5.2: echo "# integrity test" >> /host/etc/resolv.conf
    await product.change(failing, "/etc/resolv.conf");
    await product.untilResult("worker-fileintegrity", failing, "Failed");
    const one = await viewer.run(
      `oc get fileintegritynodestatuses.fileintegrity.openshift.io/worker-fileintegrity-${failing} ` +
        "-ojsonpath='{.results}' | jq -r",
    );
    assertMatch(
      one.stdout,
      new RegExp(
        String
          .raw`^\[\n  \{\n    "condition": "Succeeded",\n    "lastProbeTime": ${time}\n  \},\n  \{\n` +
          String
            .raw`    "condition": "Failed",\n    "filesChanged": 1,\n    "lastProbeTime": ${time},\n` +
          `    "resultConfigMapName": "${failureMap}",\n` +
          String.raw`    "resultConfigMapNamespace": "openshift-file-integrity"\n  \}\n\]\n$`,
      ),
    );
    const described = (await viewer.run(`oc describe cm ${failureMap}`)).stdout;
    for (
      const line of [
        new RegExp(`^Name: +${failureMap}$`, "m"),
        /^Namespace: +openshift-file-integrity$/m,
        new RegExp(`file-integrity\\.openshift\\.io/node=${failing}$`, "m"),
        /file-integrity\.openshift\.io\/owner=worker-fileintegrity$/m,
        /file-integrity\.openshift\.io\/result-log=$/m,
        /file-integrity\.openshift\.io\/files-added: 0$/m,
        /file-integrity\.openshift\.io\/files-changed: 1$/m,
        /file-integrity\.openshift\.io\/files-removed: 0$/m,
        /^integritylog:$/m,
        /AIDE .*found differences between database and filesystem/,
        /Changed entries:\s+1$/m,
        /: \/hostroot\/etc\/resolv\.conf$/m,
        /^ SHA512 /m,
        /^Events: +<none>$/m,
      ]
    ) assertMatch(described, line);

    // 6.6.6
    const table = async (reason: string): Promise<string[][]> =>
      (await viewer.run(`oc get events --field-selector reason=${reason}`)).stdout.trimEnd()
        .split("\n").map((line) => line.split(/ {2,}/));
    const [head, ...phases] = await table("FileIntegrityStatus");
    assertEquals(head, ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
    assertEquals(
      phases.map(([, ...row]) => row),
      ["Pending", "Initializing", "Active"].map((
        word,
      ) => ["Normal", "FileIntegrityStatus", "fileintegrity/worker-fileintegrity", word]),
    );
    const rows = await product.until("the change is told", async () => {
      const found = (await table("NodeIntegrityStatus")).slice(1);
      return found.length === 4 && found;
    });
    assertEquals(
      rows.slice(0, 3).map(([, ...row]) => row).sort(),
      workers.map((node) => [
        ...["Normal", "NodeIntegrityStatus", "fileintegrity/worker-fileintegrity"],
        `no changes to node ${node}`,
      ]),
    );
    assertEquals(rows[3]?.slice(1), [
      ...["Warning", "NodeIntegrityStatus", "fileintegrity/worker-fileintegrity"],
      `node ${failing} has changed! a:0,c:1,r:0 log:openshift-file-integrity/${failureMap}`,
    ]);
    // Another number of files, another event, although the state is the same.
    await Deno.writeTextFile(`${nodes.hostRoot(failing)}/etc/added`, "");
    await product.until("the added file is told", async () => {
      const found = await table("NodeIntegrityStatus");
      return found.at(-1)?.at(-1)?.startsWith(`node ${failing} has changed! a:1,c:`);
    });

    // 6.6.5.2: a log of more than 1 MB
    const names = Array.from({ length: 9_000 }, (_, at) => `${"long-name-".repeat(12)}${at}`);
    for (const name of names) {
      await Deno.writeTextFile(`${nodes.hostRoot(failing)}/etc/${name}`, "");
    }
    // A scan may have begun before the last of them was there.
    await product.until("the log names all, and is compressed", async () => {
      const notes = (await product.get("cm", failureMap))?.metadata.annotations ?? {};
      return annotations.compressed in notes && notes[annotations.filesAdded] === "9001";
    });
    const unpacked = await viewer.run(
      `oc get cm ${failureMap} -o json | jq -r '.data.integritylog' | base64 -d | gunzip`,
    );
    assert(unpacked.stdout.length > 1_048_576);
    assertMatch(unpacked.stdout, /Added entries:\s+9001$/m);
    assertEquals(
      unpacked.stdout.split("\n").filter((line) => /^f\++: \/hostroot\/etc\/long-name-/.test(line))
        .length,
      9_000,
    );

    assertEquals(product.faults(/"Failed: /), []);
  },
  { workers, labels: { "node-role.kubernetes.io/worker": "" } },
);
