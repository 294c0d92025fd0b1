/** Another content of the product's image: the same program, as the next release would bring it. */
import { imageNames } from "./e2e_place.ts";
import {
  type Descriptor,
  digestOf,
  type ImageConfig,
  type Index,
  layerOf,
  type Manifest,
  mediaTypes,
  OciLayout,
} from "./oci_layout.ts";
import { imageArchitecture } from "./image_architecture.ts";

/** The label that tells the image from the one that it was made of. */
export const upgradeLabel = "example.test/e2e-upgrade";

async function forThisMachine(layout: OciLayout, manifests: Descriptor[]): Promise<Descriptor> {
  const fits = manifests.find(({ platform }) =>
    platform === undefined || platform.architecture === imageArchitecture()
  );
  if (fits === undefined) throw new Error("The image has no part for this machine's architecture");
  if (fits.mediaType !== mediaTypes.index) return fits;
  return await forThisMachine(layout, (await layout.json<Index>(fits)).manifests);
}

/** Writes to `archive` the image of the archive `from` with one more layer, under the name of the upgrade. */
export async function makeUpgradedImage(from: string, archive: string): Promise<void> {
  const work = await Deno.makeTempDir({ prefix: "e2e-upgrade-" });
  try {
    const layout = await OciLayout.unpack(from, `${work}/layout`);
    const old = await forThisMachine(layout, (await layout.index()).manifests);
    const manifest = await layout.json<Manifest>(old);
    const config = await layout.json<ImageConfig>(manifest.config);
    await Deno.mkdir(`${work}/root/usr/share/file-integrity-operator`, { recursive: true });
    await Deno.writeTextFile(`${work}/root/usr/share/file-integrity-operator/upgrade`, "e2e\n");
    const layer = await layerOf(`${work}/root`);
    config.config.Labels = { ...config.config.Labels, [upgradeLabel]: "true" };
    config.rootfs.diff_ids.push(await digestOf(layer));
    if (config.history !== undefined) config.history.push({ created_by: "the end-to-end test" });
    const made = await layout.addJson(mediaTypes.manifest, {
      ...manifest,
      config: await layout.addJson(manifest.config.mediaType, config),
      layers: [...manifest.layers, await layout.add(mediaTypes.layer, layer)],
    });
    const annotations = { "io.containerd.image.name": imageNames.upgraded };
    await layout.writeIndex([{
      ...made,
      ...old.platform && { platform: old.platform },
      annotations,
    }]);
    await layout.pack(archive);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}
