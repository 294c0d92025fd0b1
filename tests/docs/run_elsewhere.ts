/** Blocks that are not run where the others are: what runs them, or why nothing does. */

import type { Block, UserDocument } from "./document.ts";

/** A block, by what it begins with. */
export interface ElsewhereBlock {
  document: UserDocument;
  begins: string;
  /** The test that runs it, or does the same; absent where none can. */
  test?: string;
  why: string;
}

/** All of them. */
export const elsewhere: readonly ElsewhereBlock[] = [
  {
    document: "README.md",
    begins: "$ npx --yes deno@2.9.6 task demo",
    test: "tests/demo/demo_test.ts",
    why: "The first command is run there; the second one runs all tests",
  },
  {
    document: "README.md",
    begins: "$ sudo install dist/",
    test: "tests/cli/readme_scan_test.ts",
    why: "It scans a host, without any cluster",
  },
  {
    document: "README.md",
    begins: "$ jq -r '.data.integritylog'",
    test: "tests/cli/readme_scan_test.ts",
    why: "It reads a log of a host, without any cluster",
  },
  {
    document: "README.md",
    begins: "$ deno task dev --cluster",
    test: "tests/integration/dev/dev_test.ts",
    why: "It starts a cluster of its own",
  },
  {
    document: "README.md",
    begins: "$ deno task image",
    test: "tests/build/image_archive_test.ts",
    why: "It is built there more than once, and taken apart",
  },
  {
    document: "README.md",
    begins: "$ sudo ctr -n k8s.io images import",
    why: "No engine runs in tests; deno task e2e loads the archive into a containerd of its own",
  },
  {
    document: "README.md",
    begins: "$ deno task ok",
    why: "They check, test and build this repository: .ci/run runs them",
  },
  {
    document: "crds/README.md",
    begins: "$ kubectl logs ",
    why: "Logs are the kubelet's to serve, and the one of these tests serves none",
  },
  {
    document: "manifests/README.md",
    begins: "$ kubectl apply -k manifests/cert-manager",
    test: "tests/integration/cluster/overlays_test.ts",
    why: "It needs the kinds of cert-manager, which are there in that test",
  },
  {
    document: "manifests/README.md",
    begins: "$ oc apply -k manifests/openshift",
    test: "tests/integration/cluster/overlays_test.ts",
    why: "It needs the kinds of OpenShift, which are there in that test",
  },
  {
    document: "manifests/README.md",
    begins: "$ deno task olm-bundle --image",
    test: "tests/integration/cluster/olm_bundle_test.ts",
    why: "Bundles are made and judged there; no engine builds images in tests, and no OLM runs",
  },
  {
    document: "manifests/README.md",
    begins: "$ kubectl delete deployment file-integrity-operator",
    test: "tests/integration/moving_over/installation_test.ts",
    why: "The existing operator's objects are there in that test",
  },
  {
    document: "manifests/README.md",
    begins: "$ kubectl debug node/",
    why: "A pod that enters the node needs a kubelet that runs images",
  },
  {
    document: "manifests/monitoring/README.md",
    begins: "scrape_configs:",
    test: "tests/prometheus/documented_config_test.ts",
    why: "It is for Prometheus, whose own tool reads it there",
  },
];

/** What is said of a block here; undefined for one that is run with the others. */
export function runElsewhere({ document, text }: Block): ElsewhereBlock | undefined {
  return elsewhere.find((one) => one.document === document && text.startsWith(one.begins));
}
