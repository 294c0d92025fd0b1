import { assert, assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../../src/build/bundle.ts";
import { packedBytes } from "../../src/build/pack.ts";
import { toolsPath } from "../setup/tools.ts";

const root = new URL("../..", import.meta.url).pathname;
const isRoot = Deno.uid() === 0;
const nobody = 65534;

const probe = `const [command, what] = Deno.args;
if (command === "--version") console.log("probe 1");
else if (what === "lazy") {
  const { string } = await import("@optique/core/valueparser");
  const { stringify } = await import("@std/yaml");
  console.log(typeof string, stringify({ a: 1 }));
} else if (what === "wait") {
  Deno.addSignalListener("SIGTERM", () => Deno.exit(7));
  setInterval(() => {}, 1000);
  console.log(Deno.pid);
} else if (what === "write") {
  const attempts = Deno.args.slice(2, 4).map((path) =>
    Deno.writeTextFile(path, "").then(() => "yes", (error) => error.name)
  );
  console.log((await Promise.all(attempts)).join(" "));
} else if (what === "exit") Deno.exit(Number(Deno.args[2]));
else console.log(JSON.stringify([Deno.cwd(), Deno.args]));
`;

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function run(
  program: string,
  args: string[],
  options: Deno.CommandOptions = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    stdin: "null",
    ...options,
    args,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout).trim(), stderr: text(stderr).trim() };
}

async function inTemporary(action: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.chmod(directory, 0o755);
    await action(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function makePacked(): Promise<Uint8Array> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${directory}/main.ts`, probe);
    await bundle(`${directory}/bundle`, { entry: `${directory}/main.ts` });
    assert((await names(`${directory}/bundle`)).length > 1); // what is imported lazily is apart
    return await packedBytes(Deno.execPath(), `${directory}/bundle`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

let made: Promise<Uint8Array> | undefined;

/** A packed probe in a directory of its own, and a directory for it to unpack itself to. */
async function withPacked(
  action: (packed: string, home: string, directory: string) => Promise<void>,
): Promise<void> {
  const bytes = await (made ??= makePacked());
  await inTemporary(async (directory) => {
    const packed = `${directory}/packed file`;
    await Deno.writeFile(packed, bytes, { mode: 0o755 });
    await Deno.mkdir(`${directory}/home`);
    await action(packed, `${directory}/home`, directory);
  });
}

const names = async (directory: string): Promise<string[]> =>
  (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();

Deno.test("pack: the file runs from any directory, with lazily imported packages in it", async () => {
  await withPacked(async (packed, home, directory) => {
    const env = { FILE_INTEGRITY_HOME: home };
    const first = await run(packed, ["--version"], { env, cwd: "/" });
    assertEquals(first, { code: 0, stdout: "probe 1", stderr: "" });
    const lazy = await run(packed, ["scan", "lazy"], { env, cwd: directory });
    assertEquals(lazy, { code: 0, stdout: "function a: 1", stderr: "" });
    const args = ["scan", "a b", "", "--x=$HOME", "*"];
    const { stdout } = await run(packed, args, { env, cwd: "/usr" });
    assertEquals(JSON.parse(stdout), ["/usr", args]);
    const relative = await run("./packed file", ["--version"], { env, cwd: directory });
    assertEquals(relative.stdout, "probe 1");
    const byShell = await run("sh", ["packed file", "--version"], { env, cwd: directory });
    assertEquals(byShell.stdout, "probe 1");
  });
});

Deno.test("pack: it is unpacked once, for its user alone, with a warm code cache", async () => {
  await withPacked(async (packed, home) => {
    const env = { FILE_INTEGRITY_HOME: home };
    await run(packed, ["--version"], { env });
    const base = `${home}/file-integrity-operator`;
    const [version = "", ...others] = await names(base);
    assertEquals(others, []);
    assertMatch(version, /^[0-9a-f]{16}$/);
    assertEquals((await Deno.stat(`${base}/${version}`)).mode! & 0o777, 0o700);
    for (const name of ["cache", "operator-cache"]) {
      const cache = `${base}/${version}/${name}`;
      const cached = (await names(cache)).filter((name) => name.startsWith("v8_code_cache"));
      const texts = await Promise.all(cached.map((name) => Deno.readTextFile(`${cache}/${name}`)));
      assert(texts.some((text) => text.includes(`${version}/main.js`)));
    }
    const before = (await Deno.stat(`${base}/${version}/deno`)).ino;
    await run(packed, ["--version"], { env });
    assertEquals((await Deno.stat(`${base}/${version}/deno`)).ino, before);
    assertEquals(await names(base), [version]);
  });
});

Deno.test("pack: exit codes are the program's own", async () => {
  await withPacked(async (packed, home) => {
    for (const code of [0, 1, 2, 64, 65]) {
      const args = ["scan", "exit", String(code)];
      assertEquals((await run(packed, args, { env: { FILE_INTEGRITY_HOME: home } })).code, code);
    }
  });
});

Deno.test("pack: the process is the program: its id, its signals", async () => {
  await withPacked(async (packed, home) => {
    const child = new Deno.Command(packed, {
      args: ["scan", "wait"],
      env: { FILE_INTEGRITY_HOME: home },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(Number(new TextDecoder().decode(value)), child.pid);
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 7);
    await reader.cancel();
  });
});

Deno.test("pack: the program has its subcommand's permissions and no others", async () => {
  await withPacked(async (packed, home, directory) => {
    const args = ["scan", "write", `${directory}/state/a`, `${directory}/b`];
    await Deno.mkdir(`${directory}/state`);
    const env = { FILE_INTEGRITY_HOME: home };
    const { stdout } = await run(packed, [...args, "--state-dir", `${directory}/state`], { env });
    assertEquals(stdout, "yes NotCapable");
  });
});

Deno.test("pack: first runs at the same time all succeed and leave one copy", async () => {
  await withPacked(async (packed, home) => {
    const env = { FILE_INTEGRITY_HOME: home };
    const runs = await Promise.all(
      Array.from({ length: 3 }, () => run(packed, ["scan", "exit", "2"], { env })),
    );
    assertEquals(runs, Array(3).fill({ code: 2, stdout: "", stderr: "" }));
    assertEquals((await names(`${home}/file-integrity-operator`)).length, 1);
  });
});

Deno.test("pack: what a killed first run left is never used", async () => {
  await withPacked(async (packed, home) => {
    const left = `${home}/file-integrity-operator/.unpack.abcdef`;
    await Deno.mkdir(left, { recursive: true });
    await Deno.writeTextFile(`${left}/deno`, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
    const { stdout } = await run(packed, ["--version"], { env: { FILE_INTEGRITY_HOME: home } });
    assertEquals(stdout, "probe 1");
  });
});

Deno.test("pack: a damaged file says so", async () => {
  await withPacked(async (packed, home) => {
    const bytes = await Deno.readFile(packed);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = bytes[middle]! ^ 1;
    await Deno.writeFile(packed, bytes);
    const damaged = await run(packed, ["--version"], { env: { FILE_INTEGRITY_HOME: home } });
    assertEquals(damaged.code, 74);
    assertMatch(damaged.stderr, /damaged/);
    await Deno.writeFile(packed, bytes.subarray(0, middle));
    const cut = await run(packed, ["--version"], { env: { FILE_INTEGRITY_HOME: home } });
    assertEquals(cut.code, 74);
    assertEquals(await names(home), []);
  });
});

Deno.test("pack: directories that others can write to are refused", async () => {
  await withPacked(async (packed, home) => {
    const base = `${home}/file-integrity-operator`;
    await Deno.mkdir(base);
    await Deno.chmod(base, 0o777);
    const env = { FILE_INTEGRITY_HOME: home };
    const refused = await run(packed, ["--version"], { env });
    assertEquals(refused.code, 73);
    assertMatch(refused.stderr, /others can write to it/);
    assertEquals(await names(base), []);
    await Deno.chmod(base, 0o755);
    assertEquals((await run(packed, ["--version"], { env })).code, 0);
    const [version] = await names(base);
    await Deno.chmod(`${base}/${version}`, 0o770);
    const later = await run(packed, ["--version"], { env });
    assertEquals(later.code, 73);
    assertMatch(later.stderr, /others can write to it/);
  });
});

Deno.test({
  name: "pack: another user unpacks a copy of their own; a HOME that they can't write to is named",
  ignore: !isRoot,
  fn: async () => {
    await withPacked(async (packed, home) => {
      const user = { uid: nobody, gid: nobody, cwd: "/" };
      const env = { FILE_INTEGRITY_HOME: "", XDG_CACHE_HOME: "", HOME: home };
      const refused = await run(packed, ["--version"], { ...user, env });
      assertEquals(refused.code, 73);
      assert(refused.stderr.includes(`${home}/.cache/file-integrity-operator: `), refused.stderr);
      assert(refused.stderr.includes("FILE_INTEGRITY_HOME"), refused.stderr);
      await Deno.chown(home, nobody, nobody);
      const own = await run(packed, ["--version"], { ...user, env });
      assertEquals(own, { code: 0, stdout: "probe 1", stderr: "" });
      // Whose it is counts, not only who can write to it: what root finds there, somebody else made.
      await Deno.chown(home, 0, 0);
      await Deno.chown(`${home}/.cache`, 0, 0);
      const asOther = { uid: nobody - 1, gid: nobody - 1, cwd: "/", env };
      assertEquals((await run(packed, ["--version"], asOther)).code, 73);
      const asRoot = await run(packed, ["--version"], {
        env: { ...env, FILE_INTEGRITY_HOME: `${home}/.cache` },
      });
      assertEquals(asRoot.code, 73);
      assertMatch(asRoot.stderr, /belongs to somebody else/);
    });
  },
});

Deno.test({
  name: "pack: a full, a read-only and a noexec target are named; a copy on a read-only one runs",
  ignore: !isRoot,
  fn: async () => {
    await withPacked(async (packed, home) => {
      const mounted = async (options: string, then: string): Promise<Ran> =>
        await run("unshare", [
          "--mount",
          "sh",
          "-ec",
          `mount -t tmpfs -o ${options} tmpfs "$FILE_INTEGRITY_HOME"; ${then}`,
          "sh",
          packed,
        ], { env: { FILE_INTEGRITY_HOME: home } });
      const full = await mounted("size=20m", 'exec "$1" --version');
      assertEquals(full.code, 73, full.stderr);
      assertMatch(full.stderr, /takes \d+ MB: .*[Nn]o space left/s);
      const readOnly = await mounted("ro", 'exec "$1" --version');
      assertEquals(readOnly.code, 73, readOnly.stderr);
      assertMatch(readOnly.stderr, /[Rr]ead-only file system/);
      const noexec = await mounted("noexec", 'exec "$1" --version');
      assertEquals(noexec.code, 73, noexec.stderr);
      assertMatch(noexec.stderr, /mounted noexec/);
      const later = await mounted(
        "size=200m",
        '"$1" --version; mount -o remount,ro "$FILE_INTEGRITY_HOME"; exec "$1" scan exit 2',
      );
      assertEquals(later, { code: 2, stdout: "probe 1", stderr: "" });
    });
  },
});

Deno.test("pack: it runs where busybox is all there is", async () => {
  const path = await toolsPath();
  await withPacked(async (packed, home, directory) => {
    const tools = `${directory}/bin`;
    await Deno.mkdir(tools);
    const needed = ["tail", "gzip", "tar", "find", "id", "mkdir", "mktemp", "rm", "sha256sum"];
    const where =
      (await run("/bin/sh", ["-c", "command -v busybox"], { env: { PATH: path } })).stdout;
    for (const name of needed) {
      const script = `#!/bin/sh\nexec '${where}' ${name} "$@"\n`;
      await Deno.writeTextFile(`${tools}/${name}`, script, { mode: 0o755 });
    }
    const env = { FILE_INTEGRITY_HOME: home, PATH: tools };
    const ran = await run(where, ["sh", packed, "--version"], { env });
    assertEquals(ran, { code: 0, stdout: "probe 1", stderr: "" });
    assertEquals((await names(`${home}/file-integrity-operator`)).length, 1);
  });
});

Deno.test("pack: the same program gives the same bytes", async () => {
  await inTemporary(async (directory) => {
    const digests = [];
    for (const name of ["one", "two"]) {
      await bundle(`${directory}/${name}`);
      const bytes = await packedBytes("/bin/sh", `${directory}/${name}`);
      digests.push(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice())).toHex());
    }
    assertEquals(digests[0], digests[1]);
  });
});

Deno.test("pack: the task packs the program itself", async () => {
  const env = { SOURCE_REVISION: "0123456789abcdef0123456789abcdef01234567" };
  const packing = await run(Deno.execPath(), ["task", "--quiet", "pack"], { cwd: root, env });
  assertEquals(packing.code, 0, packing.stderr);
  assertMatch(packing.stdout, /dist\/file-integrity-operator: \d+\.\d MB$/);
  await inTemporary(async (home) => {
    const options = { env: { FILE_INTEGRITY_HOME: home }, cwd: home };
    const program = `${root}dist/file-integrity-operator`;
    const version = await run(program, ["--version"], options);
    assertEquals({ code: version.code, stderr: version.stderr }, { code: 0, stderr: "" });
    assertMatch(version.stdout, /^\d+\.\d+\.\d+ \(commit 0123456789ab\)$/);
    const policy = await run(program, ["config", "default"], options);
    assertMatch(policy.stdout, /^\/hostroot\//m);
    assertEquals((await run(program, ["config", "convert", "none.conf"], options)).code, 65);
    assertEquals((await run(program, ["scan", "--no-such-option"], options)).code, 64);
  });
});
