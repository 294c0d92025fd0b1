import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ConfigMap } from "../../../src/api/config_map.ts";
import { annotations, labels } from "../../../src/api/labels.ts";
import { logConfigMaps } from "../../../src/api/log_config_maps.ts";
import {
  absorbedConfigMapName,
  failureConfigMapName,
  labelValue,
  ownership,
} from "../../../src/api/names.ts";
import type { OwnerReference } from "../../../src/api/object_meta.ts";
import { sampleLog } from "../../api/sample_log.ts";
import { type ApiCaller, apiCaller, applyType, configMapsPath } from "../api/api_caller.ts";
import { createFileIntegrity, logOwner, publishLog } from "../api/test_objects.ts";
import { assertCases, confinedTest, own } from "./confined_daemons.ts";

const kinds = ["failed", "absorbed"] as const;
const maxLogName = 247;

/** A name of `length` characters that begins with `start`, of labels of 60 characters. */
const long = (start: string, length: number): string =>
  start.padEnd(length, "node").replace(/(.{60})./g, "$1.");

/** An owner that is not there: the API server does not ask, but soon deletes what belongs to it. */
const missing = (name: string): OwnerReference => ({
  ...{ apiVersion: "fileintegrity.openshift.io/v1alpha1", kind: "FileIntegrity", name },
  uid: crypto.randomUUID(),
});

/** The log of a node, as the program makes it. */
function log(
  namespace: string,
  fileIntegrity: string,
  node: string,
  kind: typeof kinds[number],
  { size = 100, owner = missing(fileIntegrity) }: { size?: number; owner?: OwnerReference } = {},
): AsyncGenerator<ConfigMap> {
  const make = kind === "failed" ? failureConfigMapName : absorbedConfigMapName;
  return logConfigMaps(sampleLog(size), {
    ...{ namespace, fileIntegrity, node, kind, name: make(fileIntegrity, node) },
    counts: { added: 0, changed: 1, removed: 0 },
    scanTime: "2020-09-15T12:57:20Z",
    owner,
  });
}

async function first(parts: AsyncGenerator<ConfigMap>): Promise<ConfigMap> {
  for await (const part of parts) return part;
  throw new Error("A log has a ConfigMap at least");
}

/** What becomes of a log of another node when a daemon tries to write it; each answer's message. */
async function tried(
  daemon: ApiCaller,
  namespace: string,
  theirs: ConfigMap,
  asOwn: ReturnType<typeof ownership>,
): Promise<string[]> {
  const { name, ownerReferences = [] } = theirs.metadata;
  const mine = { ...theirs, metadata: { name, ...asOwn, ownerReferences } };
  const path = `${configMapsPath(namespace, name)}?fieldManager=daemon&force=true&dryRun=All`;
  const said: string[] = [];
  for (const body of [theirs, mine]) {
    const { code, body: { message = "" } } = await daemon.call("PATCH", path, {
      ...{ body, type: applyType },
    });
    assertEquals(code, 403, message);
    said.push(message.replace(/^.*? denied request: /, ""));
  }
  return said;
}

/** Name lengths of a FileIntegrity and of a node. */
const lengths = [
  [12, 63],
  [63, 63],
  [100, 100],
  [253, 4],
  [253, 63],
  [12, 253],
  [253, 195],
  [253, 196],
  [253, 198],
  [253, 253],
] as const;

confinedTest(
  "policy: a node's logs are its own, whatever the length of the names",
  async (parts) => {
    const { cluster, namespace, ns } = parts;
    using editor = await apiCaller(cluster, namespace, "editor");
    for (const [fiLength, nodeLength] of lengths) {
      const fi = long(`fi${nodeLength}x`, fiLength);
      const nodes = ["a", "b"].map((start) => long(start, nodeLength));
      const [one = "", two = ""] = nodes;
      assertEquals([fi, one, two].map((name) => name.length), [fiLength, nodeLength, nodeLength]);
      const owner = logOwner(await createFileIntegrity(editor, ns, fi));
      using daemon = await apiCaller(cluster, namespace, "daemon", one);
      using other = await apiCaller(cluster, namespace, "daemon", two);
      for (const kind of kinds) {
        // Refused before they are there, by their name, and when they are.
        const theirs = await first(log(ns, fi, two, kind, { owner }));
        const [bare = "", squatted = ""] = await tried(daemon, ns, theirs, ownership(fi, one));
        assertStringIncludes(bare, `a log of node "${one}" needs its name`);
        assertStringIncludes(squatted, `a log of FileIntegrity "${fi}" on node "${one}" is called`);
        for (const [who, node] of [[daemon, one], [other, two]] as const) {
          // In several parts, and again.
          for (const size of kind === "failed" ? [2_000_000, 100] : [100, 100]) {
            const names = await publishLog(who, ns, log(ns, fi, node, kind, { owner, size }));
            assertEquals(names.length > 1, size > 100);
          }
        }
        for (const message of await tried(daemon, ns, theirs, ownership(fi, one))) {
          assertStringIncludes(message, `is no log of node "${one}", but of "${two}"`);
        }
      }
    }
  },
);

confinedTest("policy: it agrees with the program on every name", async (parts) => {
  const { cluster, namespace, ns } = parts;
  // Parts of a name; the cut may fall behind a ".".
  const fiNames = fc.array(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/), {
    ...{ minLength: 1, maxLength: 12 },
  }).map((labels) => labels.join(".")).filter((name) => name.length <= 253);
  const longNames = fc.tuple(fc.integer({ min: 190, max: 253 }), fiNames).map(([length, start]) =>
    `${start}.${"f.".repeat(126)}`.slice(0, length).replace(/\.$/, "x")
  );
  for (const nodeLength of [4, 63, 64, 190, 195, 197, 198, 253]) {
    const node = long("a", nodeLength);
    const foreign = long("b", nodeLength);
    using daemon = await apiCaller(cluster, namespace, "daemon", node);
    const property = fc.asyncProperty(
      fc.oneof(fiNames, longNames),
      fc.constantFrom(...kinds),
      async (fi, kind) => {
        const body = await first(log(ns, fi, node, kind));
        const path = `${configMapsPath(ns)}?dryRun=All`;
        const answer = await daemon.call("POST", path, { body });
        assertEquals(answer.code, 201, answer.body.message);
        const theirs = await first(log(ns, fi, foreign, kind));
        await tried(daemon, ns, theirs, ownership(fi, node));
      },
    );
    await fc.assert(property, { numRuns: 15 });
  }
});

confinedTest(
  "policy: a shortened name still tells the FileIntegrity from another",
  async (parts) => {
    const { cluster, namespace, ns, daemon } = parts;
    const [one, two] = ["1", "2"].map((end) => `${"f".repeat(240)}${end}`) as [string, string];
    using editor = await apiCaller(cluster, namespace, "editor");
    const owner = logOwner(await createFileIntegrity(editor, ns, one));
    const mine = await first(log(ns, one, own, "failed", { owner }));
    const { name } = mine.metadata;
    assertEquals(name.length, maxLogName);
    const path = configMapsPath(ns, name);
    // The beginning of both names is the same, and the policy can't compute the hash behind it.
    const moved = { ...mine, metadata: { ...mine.metadata, ...ownership(two, own) } };
    moved.metadata.ownerReferences = [{ ...owner, name: two }];
    const changed = (change: (metadata: ConfigMap["metadata"]) => void): ConfigMap => {
      const copy = structuredClone(mine);
      change(copy.metadata);
      return copy;
    };
    const create = (what: string, body: ConfigMap, refused: string) => ({
      ...{ name: what, method: "POST", path: `${configMapsPath(ns)}?dryRun=All`, call: { body } },
      refused,
    });
    const called = `a log of FileIntegrity "${one}" on node "${own}" is called "aide-ds-fff`;
    const cut = name.slice(0, name.indexOf("-", "aide-ds-".length));
    await assertCases(daemon, [
      create(
        "no hash",
        changed((metadata) => metadata.name = `${cut}-${"g".repeat(32)}-${own}-failed`),
        called,
      ),
      ...[31, 33].map((length) =>
        create(
          `a hash of ${length} digits`,
          changed((metadata) => metadata.name = `${cut}-${"0".repeat(length)}-${own}-failed`),
          called,
        )
      ),
      create(
        "a beginning of another name",
        changed((metadata) => metadata.name = name.replace("aide-ds-f", "aide-ds-e")),
        called,
      ),
      create(
        "another node's end",
        changed((metadata) => {
          metadata.name = name.replace(`-${own}-`, `-${own.replace(/.$/, "z")}-`);
        }),
        called,
      ),
      create(
        "shorter than it need be",
        changed((metadata) => {
          metadata.name = name.replace("aide-ds-ffff", "aide-ds-");
        }),
        called,
      ),
      create(
        "no hash in the owner's label",
        changed((metadata) => {
          metadata.labels = { ...metadata.labels, [labels.owner]: "f".repeat(63) };
        }),
        "a log needs the name of its FileIntegrity",
      ),
      create(
        "another owner's label",
        changed((metadata) => {
          const value = labelValue("e".repeat(240));
          metadata.labels = { ...metadata.labels, [labels.owner]: value };
        }),
        "a log needs the name of its FileIntegrity",
      ),
      create(
        "no annotation with the owner's name",
        changed((metadata) => {
          const { [annotations.ownerName]: _, ...others } = metadata.annotations ?? {};
          metadata.annotations = others;
        }),
        "a log needs the name of its FileIntegrity",
      ),
      create(
        "an annotation with an owner's name that the label has room for",
        changed((metadata) => {
          const short = "f".repeat(40);
          metadata.name = failureConfigMapName(short, own);
          metadata.annotations = { ...metadata.annotations, [annotations.ownerName]: short };
          metadata.ownerReferences = [missing(short)];
        }),
        "a log needs the name of its FileIntegrity",
      ),
      { name: "created", method: "POST", path: configMapsPath(ns), call: { body: mine } },
      {
        name: "moved to another FileIntegrity",
        method: "PUT",
        path,
        call: { body: moved },
        refused: `this is a log of FileIntegrity "${one}": a daemon may not move it to "${two}"`,
      },
    ]);
  },
);

confinedTest("policy: a node with a long name is told by the annotation", async (parts) => {
  const { cluster, namespace, ns } = parts;
  const [one, two] = ["a", "b"].map((end) => `${long("confined", 98)}.${end}`) as [string, string];
  using daemon = await apiCaller(cluster, namespace, "daemon", one);
  const refused = `a log of node "${one}" needs its name in the annotation`;
  const mine = await first(log(ns, "fi", one, "failed"));
  const cases = (["label", "annotation", "hash", "none"] as const).map((what) => {
    const body = structuredClone(mine);
    const { metadata } = body;
    const [own = {}, notes = {}] = [metadata.labels, metadata.annotations];
    if (what === "label") own[labels.node] = labelValue(`e${two}`);
    if (what === "annotation") notes[annotations.nodeName] = two;
    if (what === "hash") own[labels.node] = one.slice(0, 62) + "x";
    if (what === "none") delete notes[annotations.nodeName];
    return {
      ...{ name: what, method: "POST", path: `${configMapsPath(ns)}?dryRun=All`, call: { body } },
      refused,
    };
  });
  await assertCases(daemon, cases);
});
