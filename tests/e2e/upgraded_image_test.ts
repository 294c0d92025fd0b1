import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { imageNames } from "./e2e_place.ts";
import { imageArchitecture } from "./image_architecture.ts";
import {
  digestOf,
  type ImageConfig,
  layerOf,
  type Manifest,
  mediaTypes,
  OciLayout,
} from "./oci_layout.ts";
import { makeUpgradedImage, upgradeLabel } from "./upgraded_image.ts";

async function imageArchive(work: string): Promise<{ path: string; layer: string }> {
  await Deno.mkdir(`${work}/root`);
  await Deno.writeTextFile(`${work}/root/program`, "the first one\n");
  const layout = await OciLayout.create(`${work}/first`);
  const bytes = await layerOf(`${work}/root`);
  const config: ImageConfig = {
    architecture: imageArchitecture(),
    os: "linux",
    config: { Entrypoint: ["/program"], Labels: { kept: "yes" } },
    rootfs: { type: "layers", diff_ids: [await digestOf(bytes)] },
  };
  const layer = await layout.add(mediaTypes.layer, bytes);
  const manifest = await layout.addJson(mediaTypes.manifest, {
    schemaVersion: 2,
    config: await layout.addJson(mediaTypes.config, config),
    layers: [layer],
  });
  const other = { ...manifest, platform: { architecture: "s390x", os: "linux" } };
  const own = { ...manifest, platform: { architecture: imageArchitecture(), os: "linux" } };
  const both = { schemaVersion: 2, manifests: [other, own] };
  await layout.writeIndex([await layout.addJson(mediaTypes.index, both)]);
  await layout.pack(`${work}/first.tar`);
  return { path: `${work}/first.tar`, layer: layer.digest };
}

Deno.test("e2e images: the upgrade is the same image and one more layer, under its own name", async () => {
  const work = await Deno.makeTempDir({ prefix: "upgraded-image-" });
  try {
    const first = await imageArchive(work);
    await makeUpgradedImage(first.path, `${work}/second.tar`);
    const layout = await OciLayout.unpack(`${work}/second.tar`, `${work}/second`);
    const [found, ...more] = (await layout.index()).manifests;
    assertEquals(more, []);
    assert(found !== undefined);
    assertEquals(found.annotations?.["io.containerd.image.name"], imageNames.upgraded);
    const manifest = await layout.json<Manifest>(found);
    const [old, added] = manifest.layers;
    assertEquals(manifest.layers.length, 2);
    assertEquals(old?.digest, first.layer);
    assertNotEquals(added?.digest, first.layer);
    const config = await layout.json<ImageConfig>(manifest.config);
    assertEquals(config.rootfs.diff_ids, [first.layer, added?.digest]);
    assertEquals(config.config.Entrypoint, ["/program"]);
    assertEquals(config.config.Labels, { kept: "yes", [upgradeLabel]: "true" });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
});
