/** The image: its size, how soon its program runs, and what compiled code spares. */
import { codeCacheNames } from "../../src/build/image/code_cache.ts";
import { imagePaths } from "../../src/build/image/image_paths.ts";
import { imageLayers } from "../../src/build/image/image_parts.ts";
import {
  containerOptions,
  imageTask,
  imageVariables,
  type OpenedImage,
  openImage,
} from "../build/built_image.ts";
import { fileIntegrityYaml } from "./bench_host.ts";
import { childrenCpu, type Cost, costOf } from "./cpu_time.ts";
import { lines } from "./line_reader.ts";
import { memoryOf, type ProcessMemory } from "./process_facts.ts";
import { median, type Table } from "./table.ts";

const rounds = 9;
const user = 65_532;
const program = `/${imagePaths.program}`;

const commands: Readonly<Record<string, readonly string[]>> = {
  "--version": ["--version"],
  "operator, until it finds no cluster": ["operator", "--namespace=any", "--image=any"],
  "scan, until its input is refused": ["scan", "--filename=/dev/null"],
};

async function childOf(pid: number): Promise<number> {
  const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
  return Number(children.trim().split(" ")[0]);
}

/** Measures in a container that is there already: what a node does to make one is not the image's. */
async function starts(image: OpenedImage): Promise<Map<string, Cost[]>> {
  const holder = new Deno.Command("unshare", {
    ...containerOptions(image, user, ["/bin/sh", "-c", "echo ready && read -r end"]),
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  const said = lines(holder.stdout);
  await said.next();
  const pid = await childOf(holder.pid);
  const costs = new Map<string, Cost[]>();
  for (let round = -1; round < rounds; round++) {
    for (const [name, args] of Object.entries(commands)) {
      const cost = await costOf(childrenCpu, async () => {
        await new Deno.Command("nsenter", {
          args: [
            ...[`--target=${pid}`, "--mount", "--pid", "/usr/sbin/chroot"],
            ...[`--userspec=${user}:${user}`, "--groups=", image.files, program, ...args],
          ],
          ...{ clearEnv: true, env: imageVariables(image) },
          ...{ stdin: "null", stdout: "null", stderr: "null" },
        }).output();
      });
      if (round >= 0) costs.set(name, [...costs.get(name) ?? [], cost]); // the first one reads files
    }
  }
  await holder.stdin.close();
  await holder.status;
  await said.return(undefined);
  return costs;
}

/** A scan that waits for its next turn. */
async function resident(image: OpenedImage, directory: string): Promise<ProcessMemory> {
  const [host, state] = [`${directory}/host`, `${directory}/state`];
  await Deno.mkdir(`${host}/etc`, { recursive: true });
  await Deno.mkdir(state, { mode: 0o700 });
  await Deno.chown(state, user, user);
  await Deno.writeTextFile(`${host}/worker.yaml`, fileIntegrityYaml(3600));
  await Deno.writeTextFile(`${host}/etc/hosts`, "127.0.0.1 localhost\n");
  const child = new Deno.Command("unshare", {
    ...containerOptions(image, user, [
      ...[program, "scan", "--filename=/tmp/host/worker.yaml", "--root=/tmp/host"],
      ...["--state-dir=/tmp/state", "--node=node", "--output=json"],
    ], { binds: { host, state } }),
    ...{ stdout: "piped", stderr: "null" },
  }).spawn();
  const results = lines(child.stdout);
  for (let line = ""; line !== "}";) line = (await results.next()).value ?? "}";
  const memory = await memoryOf(await childOf(child.pid));
  child.kill("SIGKILL");
  await child.status;
  await results.return(undefined);
  await Deno.remove(host, { recursive: true });
  await Deno.remove(state, { recursive: true });
  return memory;
}

/** Builds the image and measures it. */
export async function measureImage(
  directory: string,
  progress: (what: string) => void,
): Promise<Table[]> {
  const archive = `${directory}/image.tar`;
  progress("building it");
  const built = await costOf(childrenCpu, async () => {
    const { code, stderr } = await imageTask([`--output=${archive}`]);
    if (code !== 0) throw new Error(stderr);
  });
  const image = await openImage(archive, `${directory}/image`);
  const sizes: number[] = image.manifest.layers.map(({ size }: { size: number }) => size / 1e6);
  const rows: Table["rows"] = [];
  const memory: Table["rows"] = [];
  for (const way of ["with compiled code", "without"]) {
    progress(`starts ${way}`);
    if (way === "without") {
      for (const name of codeCacheNames) {
        const cache = `${image.files}/${imagePaths.home}/${name}`;
        await Deno.remove(cache, { recursive: true });
        await Deno.mkdir(cache);
      }
    }
    for (const [name, costs] of await starts(image)) {
      const [wall, cpu] = [costs.map((cost) => cost.wall), costs.map((cost) => cost.cpu)];
      rows.push([way, name, median(wall), median(cpu)]);
    }
    const { rss, anonymous, peak } = await resident(image, directory);
    memory.push([way, rss, anonymous, peak]);
  }
  return [
    {
      title: "The image (MB)",
      columns: [{ name: "layer" }, { name: "compressed", digits: 1 }],
      rows: [
        ...imageLayers.map((name, at) => [name, sizes[at] ?? null]),
        ["archive", (await Deno.stat(archive)).size / 1e6],
      ],
      notes: [`Built in ${built.wall.toFixed(1)} s, ${built.cpu.toFixed(1)} s of CPU.`],
    },
    {
      title: "Starts in the image, read-only",
      columns: [{ name: "image" }, { name: "what ran" }, { name: "wall s", digits: 3 }, {
        name: "CPU s",
        digits: 3,
      }],
      rows,
      notes: [`Medians of ${rounds} runs in a container that is there already.`],
    },
    {
      title: "Memory of scan in the image, between two scans (MB)",
      columns: [
        { name: "image" },
        { name: "resident", digits: 1 },
        { name: "anonymous", digits: 1 },
        { name: "peak since the start", digits: 1 },
      ],
      rows: memory,
      notes: ["Operator and daemons: see deno task bench product, which runs this image's files."],
    },
  ];
}
