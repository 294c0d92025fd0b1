import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { codeCacheNames } from "../../src/build/image/code_cache.ts";
import { fileDigest } from "../../src/build/image/file_digest.ts";
import { fixedLabels } from "../../src/build/image/image_config.ts";
import { readLock } from "../../src/build/image/image_lock.ts";
import { imageLayers, ownArchitecture } from "../../src/build/image/image_parts.ts";
import { imagePaths } from "../../src/build/image/image_paths.ts";
import { filesBelow } from "../../src/build/image/tree.ts";
import { firstRuns, firstRunVariables } from "../../src/build/first_runs.ts";
import { codeCacheOf, engineFlagOf, runFlags, subcommandOf } from "../../src/build/permissions.ts";
import { programVersion } from "../../src/system/program.ts";
import { type Document, imageTask, openImage, type Ran, runInImage } from "./built_image.ts";

const isRoot = Deno.uid() === 0;
const commit = "0123456789abcdef0123456789abcdef01234567";
const built = { SOURCE_REVISION: commit, SOURCE_DATE_EPOCH: "1700000000" };
const created = "2023-11-14T22:13:20Z";
// Nobody that the image knows, as OpenShift chooses them; and the one that it names.
const users = [1_000_670_000, 65_532];

const directory = await Deno.makeTempDir({ prefix: "image-test-" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
await Deno.chmod(directory, 0o755);

async function make(name: string, env: Record<string, string> = {}): Promise<Ran> {
  const archive = `${directory}/${name}.tar`;
  const task = await imageTask([`--output=${archive}`], { ...built, ...env });
  assertEquals(task.code, 0, task.stderr);
  return task;
}

const said = await make("image");
const image = await openImage(`${directory}/image.tar`, `${directory}/image`);
const { files } = image;

const json = async (path: string): Promise<Document> => JSON.parse(await Deno.readTextFile(path));

Deno.test("image: every blob is what its name says, and there are no others", async () => {
  const { layout, index, manifest } = image;
  assertEquals(await json(`${layout}/oci-layout`), { imageLayoutVersion: "1.0.0" });
  const named = [index.manifests[0], manifest.config, ...manifest.layers];
  assertEquals(await filesBelow(layout), [
    ...named.map(({ digest }) => `blobs/${digest.replace(":", "/")}`).sort(),
    ...["index.json", "manifest.json", "oci-layout"],
  ]);
  for (const { digest, size } of named) {
    const path = `${layout}/blobs/${digest.replace(":", "/")}`;
    assertEquals([`sha256:${await fileDigest(path)}`, (await Deno.stat(path)).size], [
      digest,
      size,
    ]);
  }
});

Deno.test("image: the layers are what the configuration says that is in them", async () => {
  const { layout, manifest, config } = image;
  for (const [at, { digest, mediaType }] of manifest.layers.entries()) {
    assertEquals(mediaType, "application/vnd.oci.image.layer.v1.tar+gzip");
    const packed = await Deno.open(`${layout}/blobs/${digest.replace(":", "/")}`);
    const plain = `${directory}/plain`;
    await Deno.writeFile(plain, packed.readable.pipeThrough(new DecompressionStream("gzip")));
    assertEquals(`sha256:${await fileDigest(plain)}`, config.rootfs.diff_ids[at]);
  }
  assertEquals(config.history.map(({ comment }: Document) => comment), [...imageLayers]);
});

Deno.test("image: containerd, podman and Docker find it by its name", async () => {
  const reference = `localhost/file-integrity-operator:${programVersion}`;
  const { annotations, platform } = image.index.manifests[0];
  assertEquals(annotations["io.containerd.image.name"], reference);
  assertEquals([platform.os, platform.architecture], ["linux", ownArchitecture()]);
  const [docker] = await json(`${image.layout}/manifest.json`);
  const paths = [image.manifest.config, ...image.manifest.layers].map(({ digest }) =>
    `blobs/${digest.replace(":", "/")}`
  );
  assertEquals(docker, { Config: paths[0], RepoTags: [reference], Layers: paths.slice(1) });
  assertMatch(said.stdout, new RegExp(`^${reference}, .*${image.index.manifests[0].digest}$`, "m"));
});

Deno.test("image: it says what it is, and runs the program as a user without rights", () => {
  const { User, Entrypoint, Labels, Env, Cmd } = image.config.config;
  assertEquals([User, Entrypoint, Cmd], [
    "65532:65532",
    ["/usr/bin/file-integrity-operator"],
    undefined,
  ]);
  assertEquals(Env, ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]);
  assertEquals(Labels, {
    ...fixedLabels,
    "org.opencontainers.image.revision": commit,
    "org.opencontainers.image.created": created,
  });
  assertEquals(image.config.created, created);
});

Deno.test("image: the files are root's, nobody else can write to them, and none gives rights", async () => {
  const seen: string[] = [];
  const look = async (path: string): Promise<void> => {
    for await (const { name } of Deno.readDir(path)) {
      const below = `${path}/${name}`;
      const at = await Deno.lstat(below);
      const short = below.slice(files.length + 1);
      seen.push(short);
      if (isRoot) assertEquals([at.uid, at.gid], [0, 0], below);
      assertEquals(at.mtime?.getTime(), 0, below);
      if (at.isSymlink) continue;
      const mode = at.mode! & 0o7777;
      const expected = at.isFile ? mode & 0o111 ? 0o755 : 0o644 : 0o755;
      assertEquals(
        mode,
        ({ tmp: 0o1777, root: 0o700 } as Record<string, number>)[short] ?? expected,
      );
      if (at.isDirectory) await look(below);
    }
  };
  await look(files);
  assert(seen.includes(imagePaths.program) && seen.includes(imagePaths.main));
});

Deno.test("image: what changes at another pace is in another layer", async () => {
  const [base, deno, program] = await Promise.all(
    imageLayers.map((name) => filesBelow(image.layers.get(name)!)),
  );
  assert(base!.includes(imagePaths.aide));
  assertEquals(deno, [imagePaths.deno, "usr/share/doc/deno/copyright"]);
  assert(program!.includes(imagePaths.main) && !program!.includes(imagePaths.deno));
});

Deno.test("image: the same sources give the same bytes, wherever and by whomever they are built", async () => {
  const elsewhere = await Deno.makeTempDir({ dir: directory, prefix: "longer-than-the-other-" });
  const before = await fileDigest(`${directory}/image.tar`);
  const variables = { TMPDIR: elsewhere, TZ: "Asia/Tokyo", LC_ALL: "C", HOSTNAME: "other" };
  const umask = Deno.umask(0o077);
  try {
    await make("again", variables);
  } finally {
    Deno.umask(umask);
  }
  assertEquals(await fileDigest(`${directory}/again.tar`), before);
  await Deno.remove(`${directory}/again.tar`);
});

Deno.test("image: what it says is in it is in it, and the other way round", async () => {
  const text = await Deno.readTextFile(`${files}/${imagePaths.contents}`);
  assertEquals(await Deno.readTextFile(`${directory}/image.spdx.json`), text);
  const { packages, relationships, creationInfo } = JSON.parse(text) as Document;
  assertEquals(creationInfo.created, created);
  const purls: string[] = packages.flatMap(({ externalRefs = [] }: Document) =>
    externalRefs.map(({ referenceLocator }: Document) => referenceLocator)
  );
  const ids = packages.map(({ SPDXID }: Document) => SPDXID);
  assertEquals(new Set(ids).size, ids.length);
  for (const { relatedSpdxElement } of relationships) assert(ids.includes(relatedSpdxElement));
  assertEquals(relationships.length, ids.length);

  // Debian's packages, as the image's own database of them has them.
  const database = `${files}/var/lib/dpkg/status.d`;
  const installed = await Promise.all((await filesBelow(database)).map(async (name) => {
    const control = await Deno.readTextFile(`${database}/${name}`);
    const field = (key: string): string =>
      new RegExp(`^${key}: (.*)$`, "m").exec(control)?.[1] ?? "";
    const version = encodeURIComponent(field("Version")).replaceAll("%3A", ":");
    await Deno.stat(`${files}/usr/share/doc/${name}/copyright`);
    return `pkg:deb/debian/${name}@${version}?arch=${field("Architecture")}&distro=trixie`;
  }));
  assertEquals(purls.filter((purl) => purl.startsWith("pkg:deb/")).sort(), installed.sort());
  // npm's, as deno.lock has them; what only tests use is not there.
  const lock = await json(new URL("../../deno.lock", import.meta.url).pathname);
  const known = Object.keys(lock.npm).map((key) => key.replace(/_.*$/, ""));
  const bundled = purls.filter((purl) => purl.startsWith("pkg:npm/")).map((purl) =>
    decodeURIComponent(purl.slice("pkg:npm/".length))
  ).filter((name) => !name.startsWith("@deno/"));
  for (const name of bundled) assert(known.includes(name), name);
  const names = bundled.map((name) => name.slice(0, name.lastIndexOf("@")));
  for (const name of ["@logtape/logtape", "@optique/run", "@kubernetes/client-node"]) {
    assert(names.includes(name), name);
  }
  for (const name of ["fast-check", "kubernetes-types"]) assert(!names.includes(name), name);
  const licences = await filesBelow(`${files}/usr/share/doc/file-integrity-operator/npm`);
  const licensed = new Set(licences.map((path) => path.slice(0, path.lastIndexOf("/"))));
  for (const path of licensed) assert(bundled.includes(path), path);

  const { deno } = await readLock();
  const runtime = packages.find(({ name }: Document) => name === "deno");
  assertEquals(runtime.versionInfo, deno.version);
  assertEquals(runtime.checksums[0].checksumValue, await fileDigest(`${files}/${imagePaths.deno}`));
});

const ignore = !isRoot; // containers take namespaces and mounts

Deno.test({
  name: "image: AIDE 0.19, chrt and the program run as any user, and nothing can be written",
  ignore,
  fn: async () => {
    for (const user of [...users, 0]) {
      const version = await runInImage(image, user, ["/usr/bin/aide", "--version"]);
      assertMatch(version.stdout + version.stderr, /^AIDE 0\.19\./);
      const idle = await runInImage(image, user, [
        "/usr/bin/chrt",
        "--idle",
        "0",
        "/usr/bin/aide",
        "-v",
      ]);
      assertEquals(idle.code, 0, idle.stderr);
      const own = await runInImage(image, user, ["/usr/bin/file-integrity-operator", "--version"]);
      assertEquals(own, { code: 0, stdout: `${programVersion} (commit 0123456789ab)`, stderr: "" });
      const write = await runInImage(image, user, ["/bin/sh", "-c", ": >/usr/new || : >/new"]);
      assertNotEquals(write.code, 0);
    }
  },
});

const fileIntegrity = `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata: { name: worker, namespace: files }
spec: { config: {} }
`;

Deno.test({
  name: "image: it scans a tree, and finds what changed there",
  ignore,
  fn: async () => {
    const [host, state] = [`${directory}/host`, `${directory}/state`];
    await Deno.mkdir(`${host}/etc`, { recursive: true });
    await Deno.writeTextFile(`${host}/etc/hosts`, "127.0.0.1 localhost\n");
    await Deno.writeTextFile(`${host}/worker.yaml`, fileIntegrity);
    const [user] = users;
    const scan = async (...more: string[]): Promise<Ran> =>
      await runInImage(image, user!, [
        ...["file-integrity-operator", "scan", "--filename=/tmp/host/worker.yaml", "--once"],
        ...["--root=/tmp/host", "--state-dir=/tmp/state", "--node=worker-1", ...more],
      ], { binds: { host, state } });
    await Deno.mkdir(state, { mode: 0o700 });
    await Deno.chown(state, user!, user!);
    const first = await scan("--output=json");
    assertEquals(first.code, 0, first.stderr);
    assertMatch(first.stdout, /"aideVersion": "0\.19/);
    await Deno.writeTextFile(`${host}/etc/hosts`, "127.0.0.2 localhost\n");
    const second = await scan();
    assertEquals(second.code, 1, second.stderr);
    assertMatch(second.stdout, /worker-worker-1 +worker-1 +Failed/);
  },
});

Deno.test({
  name: "image: the default policy is one that its AIDE takes",
  ignore,
  fn: async () => {
    const program = "file-integrity-operator config";
    const script = `${program} default >/tmp/aide.conf && ${program} check /tmp/aide.conf`;
    for (const user of users) {
      const { code, stdout, stderr } = await runInImage(image, user, ["/bin/sh", "-c", script]);
      assertEquals(code, 0, stdout + stderr);
    }
  },
});

Deno.test("image: of every part of the bundle there is compiled code", async () => {
  const { home } = imagePaths;
  const cached = await Promise.all(
    codeCacheNames.map((name) => Deno.readTextFile(`${files}/${home}/${name}/v8_code_cache_v2`)),
  );
  for (const name of await filesBelow(image.layers.get("program")!)) {
    if (!name.startsWith(`${home}/`) || !name.endsWith(".js")) continue;
    // A pod needs no kubeconfig, and only failures are written so.
    if (/\/(kubeconfig|dist|output)-/.test(name)) continue;
    assert(cached.some((text) => text.includes(`file:///${name}`)), name);
  }
});

Deno.test({
  name: "image: every subcommand starts from compiled code, where nothing can be written",
  ignore,
  fn: async () => {
    for (const user of users) {
      for (const args of firstRuns) {
        const subcommand = subcommandOf(args);
        const { stdout, stderr } = await runInImage(image, user, [
          ...[`/${imagePaths.deno}`, "run", "--log-level=debug", ...runFlags.slice(1)],
          ...[engineFlagOf(subcommand), "--allow-read", "--allow-env", "--allow-sys"],
          ...[`/${imagePaths.main}`, ...args],
        ], {
          env: {
            ...firstRunVariables,
            ...{ DENO_DIR: `/${imagePaths.home}/${codeCacheOf(subcommand)}`, NO_COLOR: "1" },
          },
        });
        const lines = `${stdout}\n${stderr}`.split("\n");
        const found = (what: string): string[] => lines.filter((line) => line.includes(what));
        const hit = `V8 code cache hit for ES module: file:///${imagePaths.main}`;
        assertEquals(found(hit).length, 1, args.join(" "));
        // What V8 refuses is compiled, and written if it could be.
        assertEquals(found("Updating V8 code cache").filter((line) => !/\/output-/.test(line)), []);
      }
    }
  },
});
