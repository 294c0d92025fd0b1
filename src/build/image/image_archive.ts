import { tarStream } from "../tar_stream.ts";
import { blobPath, type Document, type ImageFacts, ociDocuments } from "./oci_documents.ts";

/** A written archive. */
export interface ImageArchive {
  path: string;
  /** In bytes. */
  size: number;
  /** Of the image's manifest: what a registry knows it by. */
  digest: string;
}

/**
 * Writes an image to the file `path`, which is replaced in one step: an OCI layout as a tar archive, that containerd,
 * podman, skopeo and Docker load. `directory` is for what is written on the way.
 */
export async function writeImageArchive(
  facts: ImageFacts,
  path: string,
  directory: string,
): Promise<ImageArchive> {
  const layout = `${directory}/layout`;
  await Deno.mkdir(`${layout}/blobs/sha256`, { recursive: true });
  const { config, manifest, index, dockerManifest } = ociDocuments(facts);
  const blob = (document: Document): Promise<void> =>
    Deno.writeTextFile(`${layout}/${blobPath(document.digest)}`, document.text);
  await blob(config);
  await blob(manifest);
  for (const layer of facts.layers) {
    await Deno.rename(layer.path, `${layout}/${blobPath(layer.digest)}`);
  }
  await Deno.writeTextFile(`${layout}/index.json`, index);
  await Deno.writeTextFile(`${layout}/manifest.json`, dockerManifest);
  const version = JSON.stringify({ imageLayoutVersion: "1.0.0" });
  await Deno.writeTextFile(`${layout}/oci-layout`, version);
  await Deno.mkdir(path.replace(/[^/]*$/, "") || ".", { recursive: true });
  const names = ["oci-layout", "index.json", "manifest.json", "blobs"];
  await Deno.writeFile(
    `${path}.new`,
    ReadableStream.from(tarStream(layout, names, "u=rwX,go=rX")),
  );
  await Deno.rename(`${path}.new`, path);
  return { path, size: (await Deno.stat(path)).size, digest: manifest.digest };
}
