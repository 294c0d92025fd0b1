/** One installation of the whole product that the tests of a file share, and everything that is in its namespace. */

import { assertEquals } from "@std/assert";
import { Informer } from "../../../src/kube/informer.ts";
import type { KubeObject } from "../../../src/kube/kube_object.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import { systemClock } from "../../../src/system/clock.ts";
import { type TestCluster, testCluster } from "../../cluster/test_cluster.ts";
import { Changes } from "../../kubelet/changes.ts";
import { pods } from "../../kubelet/kinds.ts";
import { findings } from "../faults/expected_warnings.ts";
import { Installation } from "../product/installation.ts";
import { Subject, type SubjectNode } from "./subject.ts";

/** A test of the existing operator, on our product. */
export interface ExistingTest {
  /** Its name there. */
  name: string;
  /** A word that names the test's FileIntegrity and its nodes. */
  about: string;
  /** The nodes that it is given; two by default. */
  nodes?: readonly SubjectNode[];
  /** Warnings and errors that its daemons log. */
  expected?: readonly RegExp[];
  run(subject: Subject): Promise<void>;
}

/** The objects of a kind that are in the namespace, and the names of all that ever were. */
export class Seen<T extends KubeObject> {
  readonly names = new Set<string>();
  readonly informer: Informer<T, T>;

  constructor(product: Installation, resource: Resource<T>, changes: Changes) {
    this.informer = new Informer<T, T>({
      ...{ reader: product.nodes.client, resource, namespace: product.namespace.name },
      ...{ clock: systemClock, random: Math.random },
      keep: (object) => object,
      onChange: (_key, _type, { metadata }) => {
        this.names.add(metadata.name);
        changes.tell();
      },
    });
  }
}

/** The installation, its namespace as the API server tells of it, and what ends both. */
export class SharedInstallation implements AsyncDisposable {
  readonly changes = new Changes();
  readonly fileIntegrities;
  readonly nodeStatuses;
  readonly daemonSets;
  readonly configMaps;
  readonly events;
  readonly pods;
  readonly #stop = new AbortController();
  readonly #following: Promise<unknown>;

  private constructor(readonly product: Installation) {
    const seen = <T extends KubeObject>(resource: Resource<T>): Seen<T> =>
      new Seen(product, resource, this.changes);
    const all = [
      this.fileIntegrities = seen(resources.fileIntegrities),
      this.nodeStatuses = seen(resources.nodeStatuses),
      this.daemonSets = seen(resources.daemonSets),
      this.configMaps = seen(resources.configMaps),
      this.events = seen(resources.events),
      this.pods = seen(pods),
    ];
    this.#following = Promise.all(all.map(({ informer }) => informer.run(this.#stop.signal)));
  }

  /** Installs the product, with no node to scan. */
  static async start(cluster: TestCluster): Promise<SharedInstallation> {
    return new SharedInstallation(await Installation.start(cluster, { workers: [] }));
  }

  /** Warnings and errors of the operator, but for verdicts: of these each test looks at the daemons' own. */
  operatorFaults(): string[] {
    return this.product.faultLines("file-integrity-operator").map(({ text }) => text)
      .filter((text) => !findings.test(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#following;
    await this.product[Symbol.asyncDispose]();
  }
}

/**
 * Runs tests of the existing operator beside each other: each has a FileIntegrity and nodes of its own, so that none
 * sees another's changes. They are steps, since what they share must end with them.
 */
export function existingTests(about: string, tests: readonly ExistingTest[]): void {
  // Steps that run beside each other can't be told apart by what they leave open; all of them together can.
  const together = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  Deno.test({
    name: `the existing operator's tests of ${about}`,
    ignore: !Deno.env.get("FIO_TEST_CLUSTER"),
    fn: async (t) => {
      await using shared = await SharedInstallation.start(await testCluster());
      const step = async (test: ExistingTest): Promise<void> => {
        await using subject = await Subject.of(shared, test.about, test.nodes);
        await test.run(subject);
        assertEquals(subject.faults(test.expected), []);
      };
      await Promise.all(
        tests.map((test) => t.step({ ...together, name: test.name, fn: () => step(test) })),
      );
      assertEquals(shared.operatorFaults(), []);
    },
  });
}
