/** What is in the volumes whose files come from the API. */
import type {
  ConfigMapProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from "kubernetes-types/core/v1.d.ts";
import { bytesOf, type VolumeFiles } from "./atomic_directory.ts";
import type { MapAddress, NodeMaps } from "./followed_maps.ts";
import type { Pod } from "./kinds.ts";
import type { BoundToken } from "./kubelet_api.ts";
import { NotSupported } from "./not_supported.ts";
import { podField } from "./pod_environment.ts";

/** Where files come from. */
export interface FileSources {
  pod: Pod;
  maps: NodeMaps;
  token(wanted: ServiceAccountTokenProjection): Promise<BoundToken>;
}

/** The sources of a volume, whichever of the four kinds it is, and the mode of its files; undefined for another kind. */
export function projections(
  volume: Volume,
): { sources: VolumeProjection[]; mode: number } | undefined {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (projected !== undefined) {
    return { sources: projected.sources ?? [], mode: projected.defaultMode ?? 0o644 };
  }
  if (configMap !== undefined) {
    return { sources: [{ configMap }], mode: configMap.defaultMode ?? 0o644 };
  }
  if (secret !== undefined) {
    const { secretName: name, items, optional } = secret;
    const source = {
      ...name !== undefined && { name },
      ...items !== undefined && { items },
      ...optional !== undefined && { optional },
    };
    return { sources: [{ secret: source }], mode: secret.defaultMode ?? 0o644 };
  }
  if (downwardAPI !== undefined) {
    return { sources: [{ downwardAPI }], mode: downwardAPI.defaultMode ?? 0o644 };
  }
  return undefined;
}

/** The ConfigMaps and Secrets among the sources. */
export function mapsOf(pod: Pod, sources: readonly VolumeProjection[]): MapAddress[] {
  const namespace = pod.metadata.namespace ?? "";
  return sources.flatMap(({ configMap, secret }): MapAddress[] => [
    ...configMap === undefined
      ? []
      : [{ kind: "ConfigMap" as const, namespace, name: configMap.name ?? "" }],
    ...secret === undefined
      ? []
      : [{ kind: "Secret" as const, namespace, name: secret.name ?? "" }],
  ]);
}

function picked(
  files: VolumeFiles,
  items: readonly KeyToPath[] | undefined,
  what: string,
  optional: boolean,
): [string, Uint8Array][] {
  if (items === undefined) return [...files];
  return items.flatMap(({ key, path }) => {
    const bytes = files.get(key);
    if (bytes !== undefined) return [[path, bytes]];
    if (optional) return [];
    throw new Error(`Cannot mount ${what}: it has no key ${key}`);
  });
}

async function mapFiles(
  maps: NodeMaps,
  address: MapAddress,
  { items, optional = false }: ConfigMapProjection,
): Promise<[string, Uint8Array][]> {
  const what = `${address.kind} ${address.namespace}/${address.name}`;
  const files = await maps.get(address);
  if (files !== undefined) return picked(files, items, what, optional);
  if (optional) return [];
  throw new Error(`Cannot mount ${what}: there is none`);
}

function fieldFile(pod: Pod, { path, fieldRef }: DownwardAPIVolumeFile): [string, Uint8Array] {
  if (fieldRef === undefined) {
    throw new NotSupported(`Cannot write ${path}: only fieldRefs are known`);
  }
  return [path, bytesOf(podField(pod, fieldRef.fieldPath))];
}

/** The files of a volume; rejects for as long as something is missing that has to be there. */
export async function projectedFiles(
  { pod, maps, token }: FileSources,
  sources: readonly VolumeProjection[],
): Promise<VolumeFiles> {
  const files = new Map<string, Uint8Array>();
  for (const source of sources) {
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    const map = configMap ?? secret;
    for (const address of mapsOf(pod, [source])) {
      for (const [path, bytes] of await mapFiles(maps, address, map ?? {})) files.set(path, bytes);
    }
    for (const item of downwardAPI?.items ?? []) files.set(...fieldFile(pod, item));
    if (serviceAccountToken !== undefined) {
      files.set(serviceAccountToken.path, bytesOf((await token(serviceAccountToken)).token));
    }
    if (map === undefined && downwardAPI === undefined && serviceAccountToken === undefined) {
      throw new NotSupported(
        `Cannot mount a source of ${Object.keys(source).join(", ")}: not known`,
      );
    }
  }
  return files;
}
