// deno-lint-ignore-file no-console
/** `deno task demo`: what the product does, on a copy of real files of this machine, in under two minutes. */

import { findProgram, programPath } from "../node/find_program.ts";

const sample = "manifests/samples/worker-fileintegrity.yaml";
const copied = ["/etc", "/usr/bin", "/usr/sbin", "/usr/lib/systemd"];
const node = "ip-10-0-130-192.ec2.internal";
const copyLimitSeconds = "30";

const say = (text: string): void => console.log(text);

async function run(program: string, args: string[], quiet = false): Promise<number> {
  const io = quiet ? "null" : "inherit";
  const { code } = await new Deno.Command(program, { args, stdout: io, stderr: io }).output();
  return code;
}

function step(title: string): void {
  say(`\n\x1b[1m== ${title}\x1b[0m`);
}

async function requireAide(): Promise<boolean> {
  const path = programPath(Deno.env.get("PATH"));
  if (await findProgram("aide", path) !== undefined) return true;
  if (Deno.uid() === 0 && await findProgram("apt-get", path) !== undefined) {
    step("AIDE is missing: installing Debian's package aide");
    Deno.env.set("DEBIAN_FRONTEND", "noninteractive");
    const install = ["install", "--yes", "--quiet", "--no-install-recommends", "aide"];
    if (await run("apt-get", install, true) === 0) return true;
    await run("apt-get", ["update", "--quiet"], true);
    if (await run("apt-get", install) === 0) return true;
  }
  say("AIDE is missing. Install it and try again:");
  say("  Debian, Ubuntu:  sudo apt-get install --no-install-recommends aide");
  say("  Fedora, RHEL:    sudo dnf install aide");
  return false;
}

/** Copies real files of this machine, as far as this user may read them and time allows. */
async function copyHost(root: string): Promise<void> {
  for (const source of copied) {
    const target = `${root}${source.slice(0, source.lastIndexOf("/"))}`;
    await Deno.mkdir(target || root, { recursive: true });
    await run("timeout", [copyLimitSeconds, "cp", "-a", source, `${target}/`], true);
  }
  // A link, as on many machines, would lead out of the copy.
  const file = `${root}/etc/resolv.conf`;
  const text = await Deno.readTextFile("/etc/resolv.conf").catch(() => "nameserver 127.0.0.53\n");
  await Deno.remove(file).catch(() => {});
  await Deno.writeTextFile(file, text);
}

class Demo {
  readonly #root: string;
  readonly #state: string;
  readonly #mistakes: string[] = [];

  constructor(directory: string) {
    this.#root = `${directory}/host`;
    this.#state = `${directory}/state`;
  }

  get mistakes(): readonly string[] {
    return this.#mistakes;
  }

  /** Runs `scan` as the README does, and notes when its exit status is not the expected one. */
  async scan(expected: number, ...more: string[]): Promise<void> {
    const args = ["scan", "-f", sample, "--root", this.#root, "--state-dir", this.#state];
    const all = [...args, "--node", node, "--once", ...more];
    say(`\x1b[2m$ deno task start ${all.join(" ")}\x1b[0m`);
    const code = await run(Deno.execPath(), ["task", "--quiet", "start", ...all]);
    say(`\x1b[2m(exit status ${code})\x1b[0m`);
    if (code !== expected) this.#mistakes.push(`scan ended with ${code} instead of ${expected}`);
  }

  async shell(command: string): Promise<void> {
    say(`\x1b[2m$ ${command}\x1b[0m`);
    const code = await run("sh", ["-c", command]);
    if (code !== 0) this.#mistakes.push(`"${command}" ended with ${code}`);
  }

  async play(): Promise<void> {
    step("A copy of this machine's own files stands for a node's file system");
    await copyHost(this.#root);
    await this.shell(`du -sh ${this.#root}; find ${this.#root} | wc -l`);

    step("The first scan takes the baseline, with the FileIntegrity of the documentation");
    await this.scan(0);

    step("Nothing has changed");
    await this.scan(0);

    step("Somebody changes a file");
    await this.shell(`echo "# integrity test" >> ${this.#root}/etc/resolv.conf`);
    await this.scan(1, "-o", "yaml");

    step("The log, in the ConfigMap that a cluster would hold");
    const file = `${this.#state}/aide-ds-worker-fileintegrity-${node}-failed.json`;
    say(`\x1b[2mdata.integritylog of ${file}:\x1b[0m`);
    say(JSON.parse(await Deno.readTextFile(file)).data.integritylog);

    step("A new baseline is asked for: it says what it absorbs");
    await this.scan(0, "--re-init");

    step("From now on that change is the normal state");
    await this.scan(0, "-o", "json");
  }
}

async function main(): Promise<number> {
  if (!await requireAide()) return 69;
  const directory = await Deno.makeTempDir({ prefix: "file-integrity-demo-" });
  const began = Date.now();
  try {
    const demo = new Demo(directory);
    await demo.play();
    const seconds = Math.round((Date.now() - began) / 1000);
    for (const mistake of demo.mistakes) say(`UNEXPECTED: ${mistake}`);
    if (demo.mistakes.length > 0) return 1;
    say(`\nDone in ${seconds} s. README.md says what each part is.`);
    return 0;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) Deno.exit(await main());
