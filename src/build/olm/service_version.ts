import { customResourceDefinitions } from "../../api/crd.ts";
import { accessOf } from "./access.ts";
import { bundleVersion, existingVersion } from "./bundle_version.ts";
import { descriptors, type FieldSchema } from "./descriptors.ts";
import { documentOf, type ManifestDocument } from "./manifest_documents.ts";

/** Name of the package: the existing operator's. */
export const packageName = "file-integrity-operator";

/** What a ClusterServiceVersion is made of. */
export interface ServiceVersionParts {
  documents: readonly ManifestDocument[];
  /** The image of operator and daemons. */
  image: string;
  /** The program's version. */
  version: string;
  /** For people, in Markdown. */
  description: string;
  /** An SVG. */
  icon: string;
  /** A FileIntegrity, for the console. */
  example: unknown;
}

/** A ClusterServiceVersion. */
export interface ServiceVersion {
  apiVersion: "operators.coreos.com/v1alpha1";
  kind: "ClusterServiceVersion";
  metadata: { name: string; annotations: Record<string, string>; labels: Record<string, string> };
  spec: Record<string, unknown>;
}

const documentation =
  "https://docs.openshift.com/container-platform/latest/security/file_integrity_operator/file-integrity-operator-understanding.html";

const serviceVersionName = (version: string): string => `${packageName}.v${version}`;

// What of it OpenShift's catalog lets people filter by.
const features: Readonly<Record<string, boolean>> = {
  "disconnected": true,
  "fips-compliant": false,
  "proxy-aware": false,
  "tls-profiles": false,
  "token-auth-aws": false,
  "token-auth-azure": false,
  "token-auth-gcp": false,
};

function annotations(
  { image, example }: ServiceVersionParts,
  version: string,
): Record<string, string> {
  return {
    "alm-examples": JSON.stringify([example], undefined, 2),
    "capabilities": "Seamless Upgrades",
    "categories": "Monitoring,Security",
    "containerImage": image,
    "description": "Keeps checking the files of nodes with AIDE, and says what changed",
    // Any version of the existing operator is upgraded in one step.
    "olm.skipRange": `>=1.0.0 <${version}`,
    "operatorframework.io/cluster-monitoring": "true",
    "operatorframework.io/suggested-namespace": "openshift-file-integrity",
    ...Object.fromEntries(
      Object.entries(features).map((
        [name, has],
      ) => [`features.operators.openshift.io/${name}`, String(has)]),
    ),
  };
}

interface Definition {
  metadata: { name: string };
  spec: {
    names: { kind: string };
    versions: { name: string; schema: { openAPIV3Schema: FieldSchema } }[];
  };
}

const displayNames: Readonly<Record<string, string>> = {
  FileIntegrity: "File Integrity",
  FileIntegrityNodeStatus: "File Integrity Node Status",
};

// What the console shows beside a FileIntegrity: what the operator makes of it.
const made = [
  // The definition asks for a name, which kinds of Kubernetes do not need.
  ...["DaemonSet", "Pod", "ConfigMap"].map((kind) => ({ kind, version: "v1", name: "" })),
  {
    ...{ kind: "FileIntegrityNodeStatus", version: "v1alpha1" },
    name: "fileintegritynodestatuses.fileintegrity.openshift.io",
  },
];

function ownedDefinitions(): unknown[] {
  return (customResourceDefinitions() as unknown as Definition[]).flatMap(({ metadata, spec }) =>
    spec.versions.map(({ name, schema: { openAPIV3Schema: { description, properties } } }) => {
      const { kind } = spec.names;
      const of = (part: "spec" | "status"): unknown => descriptors(part, properties?.[part] ?? {});
      return {
        ...{ name: metadata.name, version: name, kind },
        ...{ displayName: displayNames[kind] ?? kind, description },
        ...kind === "FileIntegrity" && {
          ...{ resources: made, specDescriptors: of("spec"), statusDescriptors: of("status") },
        },
      };
    })
  );
}

/** The Deployment of the manifests, as an OLM deployment: with the image in both places. */
function deployment({ documents, image }: ServiceVersionParts): unknown {
  const { metadata, spec } = documentOf(documents, "Deployment", packageName);
  const named = JSON.stringify(spec).replaceAll(
    `"${packageName}:latest"`,
    () => JSON.stringify(image),
  );
  return { name: metadata.name, label: metadata.labels, spec: JSON.parse(named) };
}

const installModes = {
  OwnNamespace: true,
  SingleNamespace: true,
  MultiNamespace: false,
  AllNamespaces: true,
};

/** The ClusterServiceVersion: what OLM and the web console know of the operator. */
export function serviceVersion(parts: ServiceVersionParts): ServiceVersion {
  const { documents, image, description, icon } = parts;
  const version = bundleVersion(parts.version);
  const { permissions, clusterPermissions } = accessOf(documents);
  return {
    apiVersion: "operators.coreos.com/v1alpha1",
    kind: "ClusterServiceVersion",
    metadata: {
      name: serviceVersionName(version),
      annotations: annotations(parts, version),
      labels: {
        "operatorframework.io/os.linux": "supported",
        "operatorframework.io/arch.amd64": "supported",
        "operatorframework.io/arch.arm64": "supported",
      },
    },
    spec: {
      displayName: "File Integrity Operator",
      description,
      version,
      // In a channel that has both, this is the head.
      replaces: serviceVersionName(existingVersion),
      minKubeVersion: "1.30.0",
      maturity: "beta",
      provider: { name: "File Integrity Operator on Deno" },
      links: [{ name: "Documentation", url: documentation }],
      keywords: ["aide", "file integrity", "intrusion detection", "security"],
      icon: [{
        base64data: new TextEncoder().encode(icon).toBase64(),
        mediatype: "image/svg+xml",
      }],
      customresourcedefinitions: { owned: ownedDefinitions() },
      install: {
        strategy: "deployment",
        spec: { permissions, clusterPermissions, deployments: [deployment(parts)] },
      },
      installModes: Object.entries(installModes)
        .map(([type, supported]) => ({ type, supported })),
      relatedImages: [{ name: "operator", image }],
    },
  };
}
