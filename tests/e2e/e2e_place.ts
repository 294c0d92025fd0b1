/** What the end-to-end test has on a machine, by name. */
import type { Places } from "./owned_paths.ts";

/**
 * The files of the run that is under way, or of one that was cut short. Below /var, which the default policy leaves
 * out: a scan would find the test's own traces else.
 */
export const home = "/var/cache/file-integrity-operator-e2e";

/** The directory whose files the test changes. */
export const changedDirectory = "/etc/file-integrity-operator-e2e";

/** The cgroup of all processes of a run, in every hierarchy. */
export const cgroupName = "file-integrity-operator-e2e";

/** Where the product keeps its state on a node, as its documentation says. */
export const productState = "/var/lib/file-integrity";

/** The FileIntegrity of the documentation. */
export const documentedName = "worker-fileintegrity";

/** A FileIntegrity with the default policy. */
export const everythingName = "everything";

/** The node, named as one in the documentation. */
export const nodeName = "ip-10-0-130-192.ec2.internal";

/** What a run has on the machine beside its cgroups. */
export const places: Places = {
  home,
  hostPaths: [
    changedDirectory,
    ...[documentedName, everythingName].map((name) => `${productState}/${name}`),
  ],
  shared: productState,
};

/** Files of a run that is under way. */
export const place = {
  /** What is handed into the enclosure. */
  plan: `${home}/plan.json`,
  /** How its steps went. */
  outcome: `${home}/outcome.json`,
  images: `${home}/images`,
  cluster: `${home}/cluster`,
  node: `${home}/node`,
  shells: `${home}/shells`,
} as const;

/** Names of the images in the node's containerd. */
export const imageNames = {
  pause: "localhost/e2e-pause:1",
  /** As in installation/kustomization.yaml. */
  installed: "localhost/file-integrity-operator:e2e-installed",
  /** As in upgrade/kustomization.yaml. */
  upgraded: "localhost/file-integrity-operator:e2e-upgraded",
} as const;
