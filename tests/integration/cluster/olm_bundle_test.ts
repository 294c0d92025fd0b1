/** The bundle for OLM, held against OLM's own validation, and against the API server with OLM's definition. */

import { assert, assertEquals } from "@std/assert";
import { parse } from "@std/yaml";
import { bundleFiles } from "../../../src/build/olm/bundle_files.ts";
import { writeBundle } from "../../../src/build/olm_bundle.ts";
import { goVersion } from "../../cluster/go_build.ts";
import { untilServed } from "../../cluster/served_definitions.ts";
import { type TestCluster, testCluster } from "../../cluster/test_cluster.ts";
import { bundleCheck, bundleFaults, serviceVersionDefinition } from "../../olm/bundle_check.ts";
import { until } from "./cluster_command.ts";
import { ownControlPlane } from "./own_control_plane.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const bundle = new URL("../../../manifests/bundle/", import.meta.url).pathname;
const namespace = "openshift-file-integrity";

const go = Deno.env.get("FIO_TEST_CLUSTER") ? await goVersion() : undefined;

function bundleTest(name: string, run: (program: string) => Promise<void>): void {
  Deno.test({
    name,
    ignore: go === undefined, // counted as skipped, like the tests that want a cluster
    fn: async () => await run(await bundleCheck(go ?? "")),
  });
}

/** A bundle with one file changed, or without it. */
async function spoilt(
  program: string,
  part: string,
  change: (text: string) => string | undefined,
): Promise<string[]> {
  const files = (await bundleFiles()).flatMap(({ name, text }) => {
    const changed = name.includes(part) ? change(text) : text;
    return changed === undefined ? [] : [{ name, text: changed }];
  });
  const directory = await Deno.makeTempDir({ prefix: "bundle-" });
  try {
    await writeBundle(files, new URL(`file://${directory}/`));
    return await bundleFaults(program, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

bundleTest("bundle: OLM's own validation has nothing against it", async (program) => {
  const faults = await bundleFaults(program, bundle);
  assertEquals(faults.map((fault) => fault.replace(/: file-integrity-operator\.v.*/, "")), [
    // The operator makes them, and nobody else.
    "warning: provided API should have an example annotation: " +
    "fileintegrity.openshift.io/v1alpha1, Kind=FileIntegrityNodeStatus",
    // It is the existing operator's.
    'warning: channel(s) ["alpha"] are not following the recommended naming convention: ' +
    "https://olm.operatorframework.io/docs/best-practices/channel-naming",
  ]);

  // Without these faults nothing was looked at.
  const spoils: [string, (text: string) => string | undefined, RegExp][] = [
    ["_fileintegrities.yaml", () => undefined, /error: owned CRD .* not found in bundle/],
    ["serviceaccount", (text) => text.replace("-metrics", ""), /error: invalid service account/],
    ["clusterserviceversion", (text) => `# A comment\n---\n${text}`, /error: unable to find a csv/],
    [
      "clusterserviceversion",
      (text) => text.replace("installModes:", "modes:"),
      /error: .*install modes not found/,
    ],
  ];
  for (const [part, change, expected] of spoils) {
    const said = await spoilt(program, part, change);
    assert(said.some((line) => expected.test(line)), `${expected}: ${said.join("\n")}`);
  }
});

async function create(
  cluster: TestCluster,
  args: string[],
  stdin?: string,
): Promise<{ code: number; stderr: string }> {
  return await cluster.kubectl(["create", "--validate=strict", ...args], {
    ...stdin !== undefined && { stdin },
    namespace,
  });
}

bundleTest(
  "bundle: the API server takes it all, in the order in which OLM makes it",
  async (program) => {
    await using plane = await ownControlPlane(await testCluster(), { bare: true });
    const { cluster } = plane;
    const accepted = async (args: string[], stdin?: string): Promise<void> => {
      const { code, stderr } = await create(cluster, args, stdin);
      assertEquals([code, stderr], [0, ""], args.join(" "));
    };
    await accepted(["-f", "-"], await serviceVersionDefinition(program));
    const definition = "clusterserviceversions.operators.coreos.com";
    await untilServed((args) => cluster.kubectl(args), [definition]);
    await accepted(["namespace", namespace]);
    const names: string[] = [];
    for await (const { name } of Deno.readDir(`${bundle}manifests`)) names.push(name);
    for (const name of names.sort()) await accepted(["-f", `${bundle}manifests/${name}`]);

    // The token is there to stay, as its account came before it.
    await until("the token is filled in", async () => {
      const { stdout } = await cluster.kubectl(
        ["get", "secret", "file-integrity-operator-metrics-token", "-o", "jsonpath={.data.token}"],
        { namespace },
      );
      return stdout !== "";
    });

    const [file = ""] = names.filter((name) => name.includes("clusterserviceversion"));
    const version = parse(await Deno.readTextFile(`${bundle}manifests/${file}`)) as Any;
    version.metadata.name = "other";
    version.spec.customresourcedefinitions.owned[0].specDescriptors[0].displayname = "misspelled";
    const { stderr } = await create(cluster, ["-f", "-"], JSON.stringify(version));
    assert(stderr.includes("unknown field"), stderr);
  },
);
