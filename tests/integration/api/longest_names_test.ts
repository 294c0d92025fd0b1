import { assert, assertEquals } from "@std/assert";
import { logConfigMaps } from "../../../src/api/log_config_maps.ts";
import {
  absorbedConfigMapName,
  daemonSetName,
  failureConfigMapName,
  ownership,
} from "../../../src/api/names.ts";
import { sampleLog } from "../../api/sample_log.ts";
import { clusterTest } from "../../cluster/test_cluster.ts";
import { apiCaller, applyType } from "./api_caller.ts";
import {
  createFileIntegrity,
  logOwner,
  makeNodeStatus,
  ownerReference,
  publishLog,
} from "./test_objects.ts";

/** A name of `length` characters. */
const long = (length: number): string => "node".repeat(64).slice(0, length - 2) + ".x";

clusterTest(
  "longest names: the API server takes what the builders make of them",
  async (cluster) => {
    await using namespace = await cluster.namespace("longest");
    const { name: ns } = namespace;
    using editor = await apiCaller(cluster, namespace, "editor");
    using operator = await apiCaller(cluster, namespace, "operator");
    for (const [fiLength, nodeLength] of [[253, 253], [253, 4], [12, 253], [63, 63], [64, 64]]) {
      const fi = long(fiLength ?? 0);
      const node = long(nodeLength ?? 0);
      using daemon = await apiCaller(cluster, namespace, "daemon", node);
      const owner = await createFileIntegrity(editor, ns, fi);
      const made = await makeNodeStatus(operator, owner, node);
      assertEquals(made.metadata.labels, ownership(fi, node).labels);
      const kinds = [
        ["failed", failureConfigMapName(fi, node)],
        ["absorbed", absorbedConfigMapName(fi, node)],
      ] as const;
      for (const [kind, name] of kinds) {
        const parts = logConfigMaps(sampleLog(2_000_000), {
          name,
          namespace: ns,
          kind,
          fileIntegrity: fi,
          node,
          counts: { added: 0, changed: 1, removed: 0 },
          scanTime: "2020-09-15T12:57:20Z",
          owner: logOwner(owner),
        });
        assert((await publishLog(daemon, ns, parts)).length > 1);
      }
      const name = daemonSetName(fi);
      const path = `/apis/apps/v1/namespaces/${ns}/daemonsets/${name}?fieldManager=operator`;
      const { labels, annotations } = ownership(fi);
      const template = {
        metadata: { labels: { app: name, ...labels } },
        spec: {
          nodeSelector: { "example.com/none": "none" }, // nothing of this is ever to run
          containers: [{ name: "a", image: "a" }],
        },
      };
      const answer = await operator.call("PATCH", path, {
        type: applyType,
        body: {
          apiVersion: "apps/v1",
          kind: "DaemonSet",
          metadata: { name, labels, annotations, ownerReferences: [ownerReference(owner)] },
          spec: { selector: { matchLabels: { app: name } }, template },
        },
      });
      assertEquals(answer.code, 201, answer.body.message);
      const deleted = await editor.call(
        "DELETE",
        `/apis/fileintegrity.openshift.io/v1alpha1/namespaces/${ns}/fileintegrities/${fi}`,
      );
      assertEquals(deleted.code, 200);
    }
  },
);
