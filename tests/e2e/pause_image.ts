/** The image of the container that holds a pod's namespaces. */
import { debianPackages } from "../../src/build/debian_packages.ts";
import { imageNames } from "./e2e_place.ts";
import { digestOf, type ImageConfig, layerOf, mediaTypes, OciLayout } from "./oci_layout.ts";
import { imageArchitecture } from "./image_architecture.ts";

/** Writes the archive of an image that waits: Debian's busybox, which needs no libraries. */
export async function makePauseImage(archive: string): Promise<void> {
  const root = await debianPackages("bookworm", ["busybox-static"], "tools/busybox-static");
  const work = await Deno.makeTempDir({ prefix: "e2e-pause-" });
  try {
    await Deno.mkdir(`${work}/root/bin`, { recursive: true });
    await Deno.copyFile(`${root}/bin/busybox`, `${work}/root/bin/busybox`);
    await Deno.chmod(`${work}/root/bin/busybox`, 0o755);
    const layout = await OciLayout.create(`${work}/layout`);
    const bytes = await layerOf(`${work}/root`);
    const config: ImageConfig = {
      architecture: imageArchitecture(),
      os: "linux",
      config: { Entrypoint: ["/bin/busybox", "sleep", "infinity"] },
      rootfs: { type: "layers", diff_ids: [await digestOf(bytes)] },
    };
    const manifest = await layout.addJson(mediaTypes.manifest, {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: await layout.addJson(mediaTypes.config, config),
      layers: [await layout.add(mediaTypes.layer, bytes)],
    });
    await layout.writeIndex([{
      ...manifest,
      annotations: { "io.containerd.image.name": imageNames.pause },
    }]);
    await layout.pack(archive);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
