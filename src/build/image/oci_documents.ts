/** The documents of an OCI image, which say what is in it and how it is run. */
import { createHash } from "node:crypto";
import { runConfig } from "./image_config.ts";
import type { Architecture } from "./image_lock.ts";
import type { Layer } from "./layer.ts";

/** What an image is called and made of. */
export interface ImageFacts {
  /** With a tag: "localhost/file-integrity-operator:0.1.0". */
  reference: string;
  architecture: Architecture;
  /** In RFC 3339. */
  created: string;
  labels: Readonly<Record<string, string>>;
  /** The lowest first. */
  layers: readonly Layer[];
}

/** A document, as its bytes. */
export interface Document {
  text: string;
  digest: string;
  size: number;
}

/** The documents of an image archive. */
export interface Documents {
  config: Document;
  manifest: Document;
  /** index.json of the OCI layout. */
  index: string;
  /** manifest.json, by which `docker load` finds its way where it does not know OCI. */
  dockerManifest: string;
}

const mediaType = (what: string): string => `application/vnd.oci.image.${what}`;

const configType = mediaType("config.v1+json");
const layerType = mediaType("layer.v1.tar+gzip");
const manifestType = mediaType("manifest.v1+json");

function documentOf(value: unknown): Document {
  const text = JSON.stringify(value);
  const bytes = new TextEncoder().encode(text);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  return { text, digest, size: bytes.length };
}

/** The path of a blob in an OCI layout. */
export const blobPath = (digest: string): string => `blobs/${digest.replace(":", "/")}`;

/** The documents of an image: the same facts always give the same ones. */
export function ociDocuments(facts: ImageFacts): Documents {
  const { reference, architecture, created, labels, layers } = facts;
  const platform = {
    ...{ architecture, os: "linux" },
    ...(architecture === "arm64" && { variant: "v8" }),
  };
  const config = documentOf({
    ...{ created, ...platform },
    config: { ...runConfig, Labels: labels },
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ name }) => ({ created, created_by: "deno task image", comment: name })),
  });
  const manifest = documentOf({
    ...{ schemaVersion: 2, mediaType: manifestType },
    config: { mediaType: configType, digest: config.digest, size: config.size },
    layers: layers.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
  });
  const tag = reference.slice(reference.lastIndexOf(":") + 1);
  const index = {
    ...{ schemaVersion: 2, mediaType: mediaType("index.v1+json") },
    manifests: [{
      ...{ mediaType: manifestType, digest: manifest.digest, size: manifest.size, platform },
      annotations: {
        "io.containerd.image.name": reference, // containerd and podman
        "org.opencontainers.image.ref.name": tag, // skopeo
      },
    }],
  };
  const dockerManifest = [{
    Config: blobPath(config.digest),
    RepoTags: [reference],
    Layers: layers.map(({ digest }) => blobPath(digest)),
  }];
  return {
    ...{ config, manifest, index: JSON.stringify(index) },
    dockerManifest: JSON.stringify(dockerManifest),
  };
}
