/** What one test is about: a FileIntegrity, and nodes that no other test has. */

import { assertEquals } from "@std/assert";
import type { FileIntegrity } from "../../../src/api/file_integrity.ts";
import type { Phase } from "../../../src/api/file_integrity_status.ts";
import { daemonSetName, nodeStatusName } from "../../../src/api/names.ts";
import type { StoredNodeStatus } from "../../../src/api/node_status.ts";
import type { ConditionReason, ConditionType, EventReason } from "../../../src/api/reasons.ts";
import type { Condition } from "../../../src/api/scan_result.ts";
import { isKubeError } from "../../../src/kube/kube_error.ts";
import { type Resource, resources } from "../../../src/kube/resource.ts";
import type { Pod } from "../../kubelet/kinds.ts";
import type { NodeSpec, RunningContainer } from "../../kubelet/test_nodes.ts";
import type { Installation } from "../product/installation.ts";
import type { SharedInstallation } from "./shared_installation.ts";

/** A node to be, without its name. */
export type SubjectNode = Omit<NodeSpec, "name">;

type ObjectOf<R> = R extends Resource<infer T> ? T : never;
type DaemonSet = ObjectOf<typeof resources.daemonSets>;
type ConfigMap = ObjectOf<typeof resources.configMaps>;
type Spec = Partial<NonNullable<FileIntegrity["spec"]>>;

const patience = 180;

/** A FileIntegrity and its nodes, in an installation that is shared. */
export class Subject implements AsyncDisposable {
  readonly product: Installation;
  /** Names of its nodes. */
  readonly nodes: string[] = [];
  readonly #shared: SharedInstallation;
  readonly #about: string;

  private constructor(shared: SharedInstallation, about: string) {
    this.product = shared.product;
    this.#shared = shared;
    this.#about = about;
  }

  /** Makes the nodes. The FileIntegrity is made by `apply`. */
  static async of(
    shared: SharedInstallation,
    about: string,
    nodes: readonly SubjectNode[] = [{}, {}],
  ): Promise<Subject> {
    const subject = new Subject(shared, about);
    for (const node of nodes) await subject.addNode(node);
    return subject;
  }

  /** The FileIntegrity's. */
  get name(): string {
    return `e2e-test-${this.#about}`;
  }

  get namespace(): string {
    return this.product.namespace.name;
  }

  /** Makes one more node, and gives its name. */
  async addNode({ labels, ...node }: SubjectNode = {}): Promise<string> {
    const name = `${this.namespace.slice(-8)}-${this.#about}-${this.nodes.length}`;
    const own = { [this.product.label]: this.#about };
    await this.product.nodes.addNode({ ...node, name, labels: { ...labels, ...own } });
    this.nodes.push(name);
    return name;
  }

  /** Removes a node, machine and object. */
  async removeNode(name: string): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(name), 1);
    await this.product.nodes.removeNode(name);
  }

  /** Applies the FileIntegrity for its nodes, as an editor. Scans are 10 s apart, and logged closely. */
  async apply(spec: Spec = {}): Promise<void> {
    const nodeSelector = { [this.product.label]: this.#about };
    await this.product.apply(this.name, { nodeSelector, debug: true, ...spec });
  }

  /** Applies it for the first time, and waits for the phase Initializing, which one node that is down makes sure of. */
  async applyFirst(spec: Spec = {}): Promise<void> {
    await this.product.whileDown(this.nodes.at(-1) ?? "", async () => {
      await this.apply(spec);
      await this.untilPhase("Initializing");
    });
  }

  /** Annotates the FileIntegrity, as an editor. */
  async annotate(...notes: string[]): Promise<void> {
    await this.product.kubectl(["annotate", "fileintegrity", this.name, "--overwrite", ...notes]);
  }

  /** Appends a line to a file of a node's host. */
  async change(node: string, path: string): Promise<void> {
    await this.product.change(node, path);
  }

  get fileIntegrity(): FileIntegrity | undefined {
    return this.#shared.fileIntegrities.informer.get(`${this.namespace}/${this.name}`);
  }

  get daemonSet(): DaemonSet | undefined {
    const name = daemonSetName(this.name);
    return this.#shared.daemonSets.informer.get(`${this.namespace}/${name}`);
  }

  /** The command line that the DaemonSet gives its pods. */
  get daemonArguments(): string[] {
    return this.daemonSet?.spec?.template.spec?.containers[0]?.args ?? [];
  }

  /** The DaemonSet's pods. */
  get pods(): Pod[] {
    const app = daemonSetName(this.name);
    return [...this.#shared.pods.informer.values()].filter(({ metadata }) =>
      metadata.labels?.app === app
    );
  }

  /** Names of the DaemonSets that this FileIntegrity has or ever had: not one of them may be for a re-init. */
  get daemonSetsEver(): string[] {
    return [...this.#shared.daemonSets.names].filter((name) => name.includes(this.name));
  }

  status(node: string): StoredNodeStatus | undefined {
    const name = nodeStatusName(this.name, node);
    return this.#shared.nodeStatuses.informer.get(`${this.namespace}/${name}`);
  }

  configMap(name: string): ConfigMap | undefined {
    return this.#shared.configMaps.informer.get(`${this.namespace}/${name}`);
  }

  /** Messages of its events with a reason, in the order of `kubectl get events`. */
  events(reason: EventReason, about = ""): string[] {
    return [...this.#shared.events.informer.values()]
      .filter((event) => event.reason === reason && event.involvedObject.name === this.name)
      .sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1)
      .map(({ message = "" }) => message)
      .filter((message) => message.includes(about));
  }

  /** Its daemons that run. */
  containers(): RunningContainer[] {
    return this.product.nodes.containers(`${daemonSetName(this.name)}-`);
  }

  /** Lets its daemons stand still meanwhile, so that what others do about them can be seen before they go on. */
  async whileStopped(run: () => Promise<void>): Promise<void> {
    await this.product.whileStopped(`${daemonSetName(this.name)}-`, run);
  }

  /** Waits until `look` finds something, looking at every change in the namespace. */
  async until<T>(what: string, look: () => T | undefined | false): Promise<T> {
    return await this.#shared.changes.until(
      `${this.name}: ${what}`,
      () => look() || undefined,
      () => this.#described(),
      patience,
    );
  }

  /** Waits until a ConfigMap is there, and holds what was written last. */
  async untilConfigMap(name: string, key: string, text: RegExp): Promise<ConfigMap> {
    return await this.until(`${key} of ConfigMap ${name} says ${text}`, () => {
      const map = this.configMap(name);
      return text.test(map?.data?.[key] ?? "") && map;
    });
  }

  /** Waits until the FileIntegrity is in a phase, whichever it was in before. */
  async untilPhase(phase: Phase): Promise<void> {
    await this.until(phase, () => this.fileIntegrity?.status?.phase === phase);
  }

  /** Waits until a condition has a reason; gives its message. */
  async untilReason(type: ConditionType, reason: ConditionReason): Promise<string> {
    return await this.until(`${type} is ${reason}`, () => {
      const found = this.fileIntegrity?.status?.conditions?.find((one) => one.type === type);
      return found?.reason === reason && found.message;
    });
  }

  /** Waits until the last result of a node is this, and fits. */
  async untilResult(
    node: string,
    condition: Condition,
    fits: (status: StoredNodeStatus) => boolean = () => true,
  ): Promise<StoredNodeStatus> {
    return await this.until(`${node} is ${condition}`, () => {
      const status = this.status(node);
      return status?.lastResult?.condition === condition && fits(status) && status;
    });
  }

  /** Waits until each node, of all by default, has that result from a scan that begins from now on. */
  async untilScanned(condition: Condition = "Succeeded", nodes = this.nodes): Promise<void> {
    const now = Date.now();
    const since = ({ lastResult }: StoredNodeStatus): boolean =>
      Date.parse(lastResult?.scan?.start ?? "") >= now;
    for (const node of nodes) await this.untilResult(node, condition, since);
  }

  /** Waits until it is Active and every node Succeeded. */
  async untilSettled(): Promise<void> {
    const wanted = this.nodes.length;
    const succeeded = (node: string): boolean =>
      this.status(node)?.lastResult?.condition === "Succeeded";
    await this.until("it is Active, and every node Succeeded", () => {
      const { phase, nodes } = this.fileIntegrity?.status ?? {};
      const counted = nodes?.desired === wanted && nodes.succeeded === wanted;
      return phase === "Active" && counted && this.nodes.every(succeeded);
    });
  }

  /** Waits until there are as many events of a reason as are expected, and holds what they say of it against that. */
  async untilAllTold(
    reason: EventReason,
    expected: string[],
    { about = "", says = /.*/s }: { about?: string; says?: RegExp } = {},
  ): Promise<void> {
    const messages = await this.until(`${expected.length} times ${reason}`, () => {
      const found = this.events(reason, about);
      return found.length >= expected.length && found;
    });
    assertEquals(messages.map((message) => says.exec(message)?.[0]), expected);
  }

  /** Waits until the daemon of a node has logged this. */
  async untilLogged(node: string, text: string): Promise<void> {
    const says = (): true | undefined =>
      this.product.nodes.logLines(daemonSetName(this.name))
        .some((line) => line.node === node && line.text.includes(text)) || undefined;
    await this.product.nodes.until(`${node} to log "${text}"`, says, patience);
  }

  /** Waits until the first event of a reason has this in its message. */
  async untilTold(reason: EventReason, text: string): Promise<string> {
    return await this.until(
      `${reason} tells "${text}"`,
      () => this.events(reason).find((message) => message.includes(text)),
    );
  }

  /** Warnings and errors of the daemons on its nodes, but for those that are expected. */
  faults(expected: readonly RegExp[] = []): string[] {
    return this.product.faultLines()
      .filter(({ node }) => this.nodes.includes(node))
      .filter(({ text }) => !expected.some((pattern) => pattern.test(text)))
      .map(({ pod, text }) => `${pod}: ${text}`);
  }

  #described(): string {
    const logs = this.product.nodes.logLines().filter(({ node }) => this.nodes.includes(node));
    return [
      JSON.stringify(this.fileIntegrity, undefined, 1),
      ...this.nodes.map((node) => JSON.stringify(this.status(node))),
      ...logs.slice(-40).map(({ text }) => text),
      ...this.#shared.operatorFaults(),
    ].join("\n");
  }

  /** The other tests go on without it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { client } = this.product.nodes;
    const { name, namespace } = this;
    await client.delete(resources.fileIntegrities, { name, namespace }).catch((error) => {
      if (!isKubeError(error, "not-found")) throw error;
    });
  }
}
