import { assertEquals } from "@std/assert";
import { logPublication, type PublicationPlace } from "../../src/node/log_publication.ts";
import type { Publication } from "../../src/node/publisher.ts";
import { CollectedLog } from "../daemon/collected_log.ts";

const place: PublicationPlace = { fileIntegrity: "worker", node: "a" };
const counts = { added: 0, changed: 1, removed: 0 };
const log = { counts, open: () => new ReadableStream<Uint8Array>() };
const items = [{ path: "/etc/hosts", kind: "changed" as const, attributes: [] }];

function publication(more: Partial<Publication> = {}, result = {}): Publication {
  return {
    result: {
      ...{ condition: "Succeeded", lastProbeTime: "2026-05-04T12:00:00Z" },
      scan: {
        ...{ start: "2026-05-04T11:59:58Z", durationSeconds: 2.5, entries: 3 },
        ...{ configDigest: "sha256:1", aideVersion: "0.19.1", scope: "full" },
      },
      ...result,
    },
    ...more,
  };
}

async function logged(what: Publication, where?: PublicationPlace): Promise<CollectedLog> {
  const collected = await CollectedLog.make();
  logPublication(collected.logger, what, where);
  return collected;
}

const changes = { ...counts, digest: "sha256:c", truncated: false, items };
const baseline = {
  ...{ digest: "sha256:b", configDigest: "sha256:1", entries: 3, aideVersion: "0.19.1" },
  ...{ created: "2026-05-04T11:59:58Z", reason: "requested" as const, tag: "t" },
} as unknown as NonNullable<Publication["baseline"]>;

Deno.test("a scan is one line, with the fields that a log is searched by", async () => {
  const scan = { entries: 3, durationSeconds: 2.5, scope: "full" };
  const good = await logged(publication(), place);
  assertEquals(`${good}`, "info Succeeded: 3 entries in 2.5 s, nothing changed");
  assertEquals(good.lines[0]?.properties, {
    ...{ condition: "Succeeded", added: 0, changed: 0, removed: 0, unverified: 0, ...scan },
  });
  const bad = await logged(publication({ log }, { condition: "Failed", changes }), place);
  assertEquals(`${bad}`, "warning Failed: 0 added, 1 changed, 0 removed");
  assertEquals(bad.lines[0]?.properties, {
    ...{ condition: "Failed", ...counts, unverified: 0, changesDigest: "sha256:c", ...scan },
    ...{ configMap: "aide-ds-worker-a-failed", counts: "0 added, 1 changed, 0 removed" },
  });
  const errored = await logged(
    publication({}, {
      ...{ condition: "Errored", errorReason: "unverified", errorMessage: "2 paths" },
      unverified: { total: 2, items: [] },
    }),
    place,
  );
  assertEquals(`${errored}`, "error Errored (unverified): 2 paths");
  assertEquals(errored.lines[0]?.properties, {
    ...{ condition: "Errored", errorReason: "unverified", unverified: 2, ...scan },
    problem: "2 paths",
  });
});

Deno.test("a new baseline is one line, and another one for what it absorbed", async () => {
  const none = await logged(publication({ baseline, absorbed: {} }), place);
  assertEquals(
    `${none}`,
    "info New baseline (requested): 3 entries, sha256:b; it absorbed no changes",
  );
  const differences = { counts, digest: "sha256:c", truncated: false, items };
  const absorbed = publication({ baseline, absorbed: { differences, log } });
  const some = await logged(absorbed, place);
  assertEquals(
    `${some}`.split("\n"),
    [
      "info New baseline (requested): 3 entries, sha256:b",
      "warning It absorbed 0 added, 1 changed, 0 removed",
      "debug Absorbed: changed /etc/hosts", // in the ConfigMap, and not once more in every log
    ],
  );
  assertEquals(some.lines[1]?.properties.configMap, "aide-ds-worker-a-absorbed");
  // On a host without a cluster whoever asked for it reads it here.
  assertEquals(`${await logged(absorbed)}`.split("\n")[2], "warning Absorbed: changed /etc/hosts");
});
