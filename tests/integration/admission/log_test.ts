import { assertEquals } from "@std/assert";
import { annotations, labels } from "../../../src/api/labels.ts";
import {
  absorbedConfigMapName,
  failureConfigMapName,
  logPartName,
  ownership,
} from "../../../src/api/names.ts";
import { applyType, configMapsPath } from "../api/api_caller.ts";
import { logOwner } from "../api/test_objects.ts";
import {
  assertCases,
  type ConfinedDaemons,
  confinedTest,
  makeAsAdmin,
  others,
  own,
  ownLog,
  type PolicyCase,
} from "./confined_daemons.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const ownName = failureConfigMapName("fi", own);
const theirName = failureConfigMapName("fi", others);

/** What a log may not be: a change to the log of the own node, and the rule that refuses it. */
function faults({ fi }: ConfinedDaemons): [string, (log: Any) => void, string][] {
  const owner = logOwner(fi);
  const named = (name: string) => (log: Any): void => {
    log.metadata.name = name;
  };
  const called = `a log of FileIntegrity "fi" on node "${own}" is called "${ownName}"`;
  const needsNode = `a log of node "${own}" needs its name in the label`;
  const needsOwner = "a log needs the name of its FileIntegrity in the label";
  const alone = "a log belongs to its FileIntegrity alone";
  const oneKey = 'a log has the one key "integritylog"';
  return [
    ["another node's name", named(theirName), called],
    ["the active configuration's name", named("fi"), called],
    ["a user's name", named("myconfig"), called],
    ["no number", named(`${ownName}-x`), called],
    ["a first part with a number", named(`${ownName}-1`), called],
    ["a number with a zero before it", named(`${ownName}-02`), called],
    ["a part beyond the last", named(`${ownName}-100000`), called],
    ["an end of its own", named(`aide-ds-fi-${own}-succeeded`), called],
    ["a beginning of its own", named(`x${ownName}`), called],
    ["a hash where none belongs", named(`aide-ds-fi-${"0".repeat(32)}-${own}-failed`), called],

    ["another node's label", (log) => log.metadata.labels[labels.node] = others, needsNode],
    ["no node's label", (log) => delete log.metadata.labels[labels.node], needsNode],
    ["another node's annotation", (log) => {
      log.metadata.annotations[annotations.nodeName] = others;
    }, needsNode],
    ["no owner's label", (log) => delete log.metadata.labels[labels.owner], needsOwner],
    ["another owner's label", (log) => {
      log.metadata.labels[labels.owner] = "other";
    }, `a log of FileIntegrity "other" on node "${own}" is called "aide-ds-other-${own}-failed"`],
    ["another owner's annotation", (log) => {
      log.metadata.annotations[annotations.ownerName] = "other";
    }, needsOwner],

    ["no owner", (log) => delete log.metadata.ownerReferences, alone],
    ["another FileIntegrity as owner", (log) => {
      log.metadata.ownerReferences = [{ ...owner, name: "other" }];
    }, alone],
    ["another kind of owner", (log) => {
      log.metadata.ownerReferences = [{ ...owner, kind: "FileIntegrityNodeStatus" }];
    }, alone],
    ["another group's owner", (log) => {
      log.metadata.ownerReferences = [{ ...owner, apiVersion: "example.com/v1" }];
    }, alone],
    ["a further owner", (log) => {
      log.metadata.ownerReferences.push({
        apiVersion: "v1",
        kind: "Pod",
        name: "fi",
        uid: crypto.randomUUID(),
      });
    }, alone],

    ["the active configuration's label", (log) => {
      log.metadata.labels[labels.aideConf] = "";
    }, `the label ${labels.aideConf} is for the AIDE configuration`],
    ["a finalizer", (log) => {
      log.metadata.finalizers = ["example.com/stay"];
    }, "a daemon may not change metadata.finalizers of a log"],
    ["a configuration beside the log", (log) => log.data["aide.conf"] = "/etc R", oneKey],
    ["a configuration in place of the log", (log) => log.data = { "aide.conf": "/etc R" }, oneKey],
    ["no data", (log) => delete log.data, oneKey],
    ["binary data", (log) => log.binaryData = { config: "AAAA" }, oneKey],
  ];
}

confinedTest(
  "policy: a daemon makes the logs of its node, and no other ConfigMap",
  async (parts) => {
    const { ns, daemon, fi } = parts;
    const create = (name: string, log: unknown, refused?: string): PolicyCase => ({
      ...{ name, method: "POST", path: `${configMapsPath(ns)}?dryRun=All`, call: { body: log } },
      ...refused !== undefined && { refused },
    });
    const names = [
      ownName,
      ...[2, 9, 10, 99_999].map((part) => logPartName(ownName, part)),
      absorbedConfigMapName("fi", own),
      logPartName(absorbedConfigMapName("fi", own), 3),
    ];
    await assertCases(daemon, [
      ...names.map((name) => create(name, ownLog(fi, (log) => log.metadata.name = name))),
      ...faults(parts).map(([name, change, refused]) => create(name, ownLog(fi, change), refused)),
    ]);
  },
);

confinedTest(
  "policy: a daemon changes its node's log, and never into something else",
  async (parts) => {
    const { ns, daemon, fi } = parts;
    await makeAsAdmin(parts, ownLog(fi));
    const path = configMapsPath(ns, ownName);
    const { body: stored } = await daemon.call("GET", path);
    const apply = (text: string): PolicyCase => ({
      name: "apply",
      method: "PATCH",
      path: `${path}?fieldManager=daemon&force=true`,
      call: { body: ownLog(fi, (log) => log.data.integritylog = text), type: applyType },
    });
    await assertCases(daemon, [
      apply("one"),
      apply("two"),
      { name: "patch", method: "PATCH", path, call: { body: { data: { integritylog: "three" } } } },
      // Its name can't be changed.
      ...faults(parts).filter(([, change]) => ownLog(fi, change).metadata.name === ownName).map(
        ([name, change, refused]): PolicyCase => {
          const body = ownLog(fi, change);
          body.metadata.uid = stored.metadata.uid;
          return { name, method: "PUT", path: `${path}?dryRun=All`, call: { body }, refused };
        },
      ),
      {
        name: "deleted",
        method: "DELETE",
        path,
        refused:
          "a daemon updates its node's FileIntegrityNodeStatus, and creates and updates the " +
          "ConfigMaps of its logs: DELETE of configmaps is neither",
      },
    ]);
  },
);

confinedTest(
  "policy: a finalizer of somebody else stays on a log, and is no fault",
  async (parts) => {
    const { ns, daemon, fi } = parts;
    const finalizers = ["example.com/archive"];
    await makeAsAdmin(parts, ownLog(fi, (log) => log.metadata.finalizers = finalizers));
    const path = configMapsPath(ns, ownName);
    try {
      await assertCases(daemon, [
        { name: "patch", method: "PATCH", path, call: { body: { data: { integritylog: "new" } } } },
        {
          name: "taken away",
          method: "PATCH",
          path,
          call: { body: { metadata: { finalizers: null } } },
          refused: "a daemon may not change metadata.finalizers of a log",
        },
      ]);
    } finally {
      await parts.cluster.kubectl([
        ...["patch", "configmap", ownName, "--namespace", ns, "--type=merge"],
        ...["--patch", JSON.stringify({ metadata: { finalizers: null } })],
      ]);
    }
  },
);

confinedTest(
  "policy: a daemon never takes over a ConfigMap that is not its node's log",
  async (parts) => {
    const { ns, daemon, fi } = parts;
    const { labels: ownerLabels } = ownership("fi");
    const configMap = (name: string, metadata: object = {}): Any => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, ...metadata },
      data: { "aide.conf": "/etc R" },
    });
    const secondName = logPartName(ownName, 2);
    const thirdName = logPartName(ownName, 3);
    const foreign: [string, Any][] = [
      [
        "the active configuration",
        configMap("fi", {
          labels: { ...ownerLabels, [labels.aideConf]: "" },
        }),
      ],
      ["a user's configuration", configMap("myconfig")],
      [
        "another node's log",
        ownLog(
          fi,
          (log) => Object.assign(log.metadata, { name: theirName, ...ownership("fi", others) }),
        ),
      ],
      // Under names of logs of the daemon's node.
      ["a user's ConfigMap under a log's name", configMap(ownName)],
      [
        "another node's log under this one's name",
        ownLog(
          fi,
          (log) => Object.assign(log.metadata, { name: secondName, ...ownership("fi", others) }),
        ),
      ],
      [
        "a log with another node's annotation",
        ownLog(fi, (log) => {
          log.metadata.name = thirdName;
          log.metadata.annotations[annotations.nodeName] = others;
        }),
      ],
    ];
    for (const [, object] of foreign) {
      await makeAsAdmin(parts, object);
    }
    const refused = `this ConfigMap is there and is no log of node "${own}"`;
    await assertCases(
      daemon,
      foreign.flatMap(([name, { metadata }]): PolicyCase[] => {
        const path = configMapsPath(ns, metadata.name);
        const taken = ownLog(fi, (log) => log.metadata.name = metadata.name);
        return [
          {
            name: `${name}: its content`,
            method: "PATCH",
            path,
            call: { body: { data: { integritylog: "mine" } } },
            refused,
          },
          { name: `${name}: taken over`, method: "PUT", path, call: { body: taken }, refused },
          {
            name: `${name}: taken over by an apply`,
            method: "PATCH",
            path: `${path}?fieldManager=daemon&force=true`,
            call: { body: taken, type: applyType },
            refused,
          },
          {
            name: `${name}: deleted`,
            method: "DELETE",
            path,
            refused: "a daemon updates its node's FileIntegrityNodeStatus",
          },
        ];
      }),
    );
    for (const [name, { metadata, data }] of foreign) {
      const { body } = await daemon.call("GET", configMapsPath(ns, metadata.name));
      assertEquals([body.data, body.metadata.labels ?? {}], [data, metadata.labels ?? {}], name);
    }
  },
);
