/** What is in an image, as an SPDX document (software bill of materials). */
import { programName, programVersion } from "../../system/program.ts";
import type { Licensed } from "./bundled_packages.ts";
import type { Architecture, PinnedPackage } from "./image_lock.ts";
import { denoPackage } from "./provide_deno.ts";

/** What the document is about. */
export interface Contents {
  architecture: Architecture;
  /** In RFC 3339. */
  created: string;
  commit?: string;
  debian: readonly PinnedPackage[];
  deno: { version: string; sha256: string };
  npm: readonly Licensed[];
}

interface SpdxPackage {
  SPDXID: string;
  name: string;
  versionInfo: string;
  downloadLocation: "NOASSERTION";
  filesAnalyzed: false;
  licenseConcluded: "NOASSERTION";
  licenseDeclared: string;
  copyrightText: "NOASSERTION";
  supplier?: string;
  sourceInfo?: string;
  primaryPackagePurpose?: string;
  checksums?: { algorithm: string; checksumValue: string }[];
  externalRefs?: {
    referenceCategory: "PACKAGE-MANAGER";
    referenceType: "purl";
    referenceLocator: string;
  }[];
}

const unknown = "NOASSERTION";

function spdxPackage(
  id: string,
  known: Pick<SpdxPackage, "name" | "versionInfo"> & Partial<SpdxPackage> & { purl?: string },
): SpdxPackage {
  const { purl, ...rest } = known;
  return {
    SPDXID: `SPDXRef-${id.replace(/[^A-Za-z0-9.-]+/g, "-")}`,
    ...{ downloadLocation: unknown, filesAnalyzed: false, licenseConcluded: unknown },
    ...{ licenseDeclared: unknown, copyrightText: unknown },
    ...rest,
    ...(purl !== undefined && {
      externalRefs: [{
        referenceCategory: "PACKAGE-MANAGER",
        referenceType: "purl",
        referenceLocator: purl,
      }],
    }),
  };
}

function debianPackage(
  { name, version, architecture, source, sha256 }: PinnedPackage,
): SpdxPackage {
  const purlVersion = encodeURIComponent(version).replaceAll("%3A", ":");
  return spdxPackage(`deb-${name}`, {
    ...{ name, versionInfo: version, supplier: "Organization: Debian" },
    sourceInfo:
      `built from the source package ${source}; files that the image has no use for are left out`,
    checksums: [{ algorithm: "SHA256", checksumValue: sha256 }],
    purl: `pkg:deb/debian/${name}@${purlVersion}?arch=${architecture}&distro=trixie`,
  });
}

const npmPurl = (name: string, version: string): string =>
  `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;

function npmPackage({ name, version, license, integrity }: Licensed): SpdxPackage {
  const [algorithm = "", digest = ""] = integrity.split("-", 2);
  return spdxPackage(`npm-${name}-${version}`, {
    ...{ name, versionInfo: version, licenseDeclared: license },
    checksums: [{
      algorithm: algorithm.toUpperCase(),
      checksumValue: Uint8Array.fromBase64(digest).toHex(),
    }],
    purl: npmPurl(name, version),
  });
}

/** The document: SPDX 2.3 in JSON. The same contents always give the same text. */
export function contentsDocument(contents: Contents): string {
  const { architecture, created, commit, debian, deno, npm } = contents;
  const name = `${programName}-image-${programVersion}-${architecture}`;
  const image = spdxPackage("image", {
    ...{ name: `${programName}-image`, versionInfo: programVersion },
    primaryPackagePurpose: "CONTAINER",
  });
  const program = spdxPackage("program", {
    ...{ name: programName, versionInfo: programVersion, licenseDeclared: "Apache-2.0" },
    primaryPackagePurpose: "APPLICATION",
    ...(commit !== undefined && { sourceInfo: `built from commit ${commit}` }),
  });
  const runtime = spdxPackage("deno", {
    ...{ name: "deno", versionInfo: deno.version, licenseDeclared: "MIT" },
    primaryPackagePurpose: "APPLICATION",
    checksums: [{ algorithm: "SHA256", checksumValue: deno.sha256 }],
    purl: npmPurl(denoPackage(architecture), deno.version),
  });
  const inImage = [...debian.map(debianPackage), runtime, program];
  const inProgram = npm.map(npmPackage);
  const contains = (whole: SpdxPackage, parts: readonly SpdxPackage[]): unknown[] =>
    parts.map(({ SPDXID }) => ({
      ...{ spdxElementId: whole.SPDXID, relationshipType: "CONTAINS", relatedSpdxElement: SPDXID },
    }));
  const document = {
    ...{ spdxVersion: "SPDX-2.3", dataLicense: "CC0-1.0", SPDXID: "SPDXRef-DOCUMENT", name },
    documentNamespace: `https://spdx.org/spdxdocs/${name}-${commit ?? created}`,
    creationInfo: { created, creators: [`Tool: ${programName}-image-${programVersion}`] },
    packages: [image, ...inImage, ...inProgram],
    relationships: [
      {
        ...{ spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES" },
        relatedSpdxElement: image.SPDXID,
      },
      ...contains(image, inImage),
      ...contains(program, inProgram),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
