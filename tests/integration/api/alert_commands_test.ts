/** What alerts tell people to run is run, word for word. */

import { assertEquals } from "@std/assert";
import { annotations } from "../../../src/api/labels.ts";
import { prometheusRuleSpec } from "../../../src/plan/prometheus_rule.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apiCaller } from "./api_caller.ts";
import { createFileIntegrity, makeNodeStatus, report } from "./test_objects.ts";

const about: Record<string, string> = {
  ...{ fileintegrity: "worker", node: "node-a", reason: "baseline-lost" },
};

clusterTest("alerts: the commands that they name do what they say", async (cluster) => {
  await using namespace = await cluster.namespace("alerts");
  const ns = namespace.name;
  using editor = await apiCaller(cluster, namespace, "editor");
  using operator = await apiCaller(cluster, namespace, "operator");
  using daemon = await apiCaller(cluster, namespace, "daemon", "node-a");
  const owner = await createFileIntegrity(editor, ns, "worker");
  const status = await makeNodeStatus(operator, owner, "node-a");
  await report(daemon, owner, status, {
    ...{ condition: "Errored", lastProbeTime: "2026-01-01T00:00:00Z" },
    ...{ errorReason: "baseline-lost", errorMessage: "The database is gone" },
  });
  const set = async (args: string[]): Promise<void> => {
    const { code, stderr } = await cluster.kubectl(["-n", ns, ...args]);
    assertEquals(code, 0, stderr);
  };
  await set(["create", "configmap", "worker"]);
  await set(["annotate", "fileintegrity", "worker", `${annotations.holdoff}=node-a`]);

  const own = `${cluster.home}/bin/kubectl`;
  const program = await Deno.stat(own).then(() => own, () => "kubectl");
  const run = async (command: string): Promise<string> => {
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `kubectl() { "$PROGRAM" --kubeconfig "$CONFIG" "$@"; }; ${command}`],
      env: { PROGRAM: program, CONFIG: cluster.adminKubeconfig },
    }).output();
    assertEquals(code, 0, `${command}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  };

  const said = new Map<string, string>();
  for (
    const { annotations: { description } } of prometheusRuleSpec(ns).groups.flatMap(({ rules }) =>
      rules
    )
  ) {
    const text = description.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name) => about[name] ?? "");
    for (const [, command = ""] of text.matchAll(/`([^`]*)`/g)) {
      if (/ logs /.test(command)) continue; // nothing runs here
      said.set(command, await run(command));
    }
  }
  const kubectl = `kubectl -n ${ns}`;
  const answers = (args: string): string => said.get(`${kubectl} ${args}`) ?? "";
  assertEquals(
    answers("get fileintegritynodestatus worker-node-a -o jsonpath='{.lastResult.errorMessage}'"),
    "The database is gone",
  );
  // The pod that makes the daemon's token is on that node, but is no daemon's.
  const pods =
    "get pods -l file-integrity.openshift.io/pod --field-selector spec.nodeName=node-a -o wide";
  assertEquals(said.has(`${kubectl} ${pods}`), true);
  const { body } = await editor.call(
    "GET",
    `/apis/fileintegrity.openshift.io/v1alpha1/namespaces/${ns}/fileintegrities/worker`,
  );
  assertEquals(body.metadata.annotations, { [annotations.reInit]: "node-a" }); // and held no more
  assertEquals([...said.keys()].map((command) => command.split(" ")[3]).sort(), [
    ...["annotate", "annotate", "describe", "get", "get", "get", "get", "get"],
  ]);
});
