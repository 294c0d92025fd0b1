import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { runCommand } from "../setup/run_command.ts";
import { downloadPrograms, keptDownload, newestArchive } from "./download_programs.ts";
import { findPrograms } from "./find_programs.ts";
import { architecture } from "./go_build.ts";
import { keptNames, ownClusterHome } from "./own_cluster_home.ts";
import { ProgressLine } from "./progress_line.ts";
import { choosePrograms } from "./programs.ts";

const platform = `linux-${architecture()}`;
const says = (text: string): string => `#!/bin/sh\necho '${text}'\n`;

/** An archive as it is published. */
async function archive(): Promise<Uint8Array<ArrayBuffer>> {
  const directory = await Deno.makeTempDir();
  try {
    const inside = `${directory}/controller-tools/envtest`;
    await Deno.mkdir(inside, { recursive: true });
    const programs = {
      "etcd": says("etcd Version: 3.6.8"),
      "kube-apiserver": says("Kubernetes v1.36.4"),
      "kubectl": says("Client Version: v1.36.4"),
    };
    for (const [name, text] of Object.entries(programs)) {
      await Deno.writeTextFile(`${inside}/${name}`, text, { mode: 0o755 });
      await Deno.chmod(`${inside}/${name}`, 0o755);
    }
    const file = `${directory}/archive.tar.gz`;
    await runCommand("tar", ["-czf", file, "-C", directory, "controller-tools"]);
    return await Deno.readFile(file);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const digest = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest("hex");

type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** What is published, by path; the index stands at `/index.yaml`. */
async function published(origin: string): Promise<Files> {
  const bytes = await archive();
  const name = `envtest-v1.36.4-${platform}.tar.gz`;
  const index = {
    releases: {
      "v1.36.4": { [name]: { hash: digest("sha512", bytes), selfLink: `${origin}/${name}` } },
    },
  };
  const text = (content: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(content);
  const files: Files = new Map([
    ["/index.yaml", text(JSON.stringify(index))],
    [`/${name}`, bytes],
  ]);
  for (const program of ["kube-controller-manager", "kube-scheduler"]) {
    const path = `/release/v1.36.4/bin/linux/${architecture()}/${program}`;
    const content = says("Kubernetes v1.36.4");
    files.set(path, text(content));
    files.set(`${path}.sha256`, text(`${digest("sha256", content)}  ${program}\n`));
  }
  return files;
}

interface Mirror extends AsyncDisposable {
  files: Files;
  /** Paths of files that are cut off in the middle. */
  cut: Set<string>;
  /** Paths that were asked for. */
  asked: string[];
  download(): Promise<string>;
}

async function mirror(): Promise<Mirror> {
  const cut = new Set<string>();
  const asked: string[] = [];
  let files: Files = new Map();
  // Written by hand, since a real server never ends before it has sent what it announced.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const origin = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  const answer = async (connection: Deno.Conn): Promise<void> => {
    const buffer = new Uint8Array(64 * 1024);
    const length = await connection.read(buffer) ?? 0;
    const path = new TextDecoder().decode(buffer.subarray(0, length)).split(" ")[1] ?? "";
    asked.push(path);
    const bytes = files.get(path);
    const head = bytes === undefined
      ? "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n"
      : `HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n`;
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(`${head}connection: close\r\n\r\n`));
    if (bytes !== undefined) {
      await writer.write(cut.has(path) ? bytes.subarray(0, bytes.length >> 1) : bytes);
    }
    await writer.close();
  };
  const serve = async (): Promise<void> => {
    for await (const connection of listener) await answer(connection);
  };
  const served = serve();
  files = await published(origin);
  return {
    files,
    cut,
    asked,
    download: () =>
      downloadPrograms({
        series: "1.36",
        progress: new ProgressLine(false, () => {}),
        signal: new AbortController().signal,
        sources: { index: `${origin}/index.yaml`, releases: `${origin}/release` },
      }),
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await served;
    },
  };
}

const archivePath = `/envtest-v1.36.4-${platform}.tar.gz`;
const schedulerPath = `/release/v1.36.4/bin/linux/${architecture()}/kube-scheduler`;

Deno.test("a download gives all programs of one release, once", async () => {
  await using home = await ownClusterHome();
  await using source = await mirror();
  const directory = await source.download();
  const { found, faults } = await findPrograms([directory], "the download");
  assertEquals(faults, []);
  assertEquals(choosePrograms(found).programs?.version, "1.36.4");
  assertEquals(await keptDownload("1.36"), directory);
  assertEquals(await keptDownload("1.3"), undefined);
  assertEquals(await keptNames(home.path), [`downloaded-${architecture()}-1.36.4`]);
  source.asked.length = 0;
  assertEquals(await source.download(), directory);
  assertEquals(source.asked, ["/index.yaml"]);
});

const damages: [string, (source: Mirror) => void, string][] = [
  ["an archive with other bytes than published", ({ files }) => {
    const bytes = files.get(archivePath)?.slice();
    assert(bytes !== undefined);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    files.set(archivePath, bytes);
  }, "its sha512 is "],
  ["an archive that is cut short", ({ cut }) => cut.add(archivePath), `Cannot download `],
  ["an archive that is not there", ({ files }) => files.delete(archivePath), "404 Not Found"],
  ["an index that is not there", ({ files }) => files.delete("/index.yaml"), "404 Not Found"],
  ["a program with other bytes than published", ({ files }) => {
    files.set(schedulerPath, new TextEncoder().encode(says("Kubernetes v1.36.5")));
  }, "its sha256 is "],
  ["a program that is cut short", ({ cut }) => cut.add(schedulerPath), "Cannot download "],
  ["a program whose digest is not there", ({ files }) => {
    files.delete(`${schedulerPath}.sha256`);
  }, "404 Not Found"],
  ["a digest that is none", ({ files }) => {
    files.set(`${schedulerPath}.sha256`, new TextEncoder().encode("<html>"));
  }, "it has no digest"],
];

for (const [what, damage, message] of damages) {
  Deno.test(`a download refuses ${what}, and keeps nothing`, async () => {
    await using home = await ownClusterHome();
    await using source = await mirror();
    damage(source);
    const error = await assertRejects(source.download, Error);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.message, "http://127.0.0.1:");
    assertEquals(await keptNames(home.path), []);
  });
}

Deno.test("the newest release of a minor version is taken, for this machine only", () => {
  const hash = "a".repeat(128);
  const release = (version: string, on: string): [string, object] => [
    version,
    { [`envtest-${version}-${on}.tar.gz`]: { hash, selfLink: `http://x/${version}` } },
  ];
  const index = {
    releases: Object.fromEntries([
      release("v1.36.10", "linux-amd64"),
      release("v1.36.9", "linux-amd64"),
      release("v1.36.11", "darwin-arm64"),
      release("v1.37.0", "linux-amd64"),
    ]),
  };
  assertEquals(newestArchive(index, "1.36", "linux-amd64").version, "1.36.10");
  for (const bad of [index, null, {}, { releases: { "v1.35.0": {} } }]) {
    try {
      newestArchive(bad, "1.35", "linux-amd64");
      throw new Error("it was taken");
    } catch (error) {
      assertStringIncludes(String(error), "has none of Kubernetes 1.35");
    }
  }
});
