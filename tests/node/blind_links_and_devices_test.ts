/**
 * Link targets and device numbers: what AIDE sees of them depends on the policy. That AIDE follows links when it reads
 * extended attributes is true of 0.16 only, which is refused as too old (aide_faults_test.ts).
 */

import { assert, assertEquals } from "@std/assert";
import { defaultPolicy } from "../../src/aide/default_policy.ts";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

/** The group of the existing operator, which knows neither link targets nor times. */
const bluntPolicy = `
CONTENT = sha512+ftype+p+u+g+n+acl+selinux+xattrs
/hostroot/etc/ CONTENT
`;

/** AIDE has no attribute for a device's number. Another node under an old name is another inode, or was changed later. */
const devicePolicy = `
CONTENT = sha512+ftype+p+u+g+n+l+acl+selinux+xattrs
DEVICE = CONTENT+i+m+c
/hostroot/etc/ b,c DEVICE
/hostroot/etc/ CONTENT
`;

async function retarget(path: string, target: string): Promise<void> {
  await Deno.remove(path);
  await Deno.symlink(target, path);
}

async function node(path: string, type: "b" | "c", major: number, minor: number): Promise<void> {
  await Deno.remove(path).catch(() => {});
  const { success } = await new Deno.Command("mknod", {
    args: ["-m", "600", path, type, String(major), String(minor)],
  }).output();
  assert(success);
}

/** Waits for the next second of the file system's clock: AIDE keeps whole seconds. */
async function nextSecond(host: TestHost, path: string): Promise<void> {
  const probe = `${host.directory}/clock`;
  const since = Math.floor(((await Deno.stat(host.at(path))).ctime?.getTime() ?? 0) / 1000);
  for (let now = since; now <= since;) {
    await Deno.writeTextFile(probe, "");
    now = Math.floor(((await Deno.stat(probe)).mtime?.getTime() ?? 0) / 1000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

for (const [name, policy] of [["the default policy", defaultPolicy], ["a policy with l", ""]]) {
  testWithEachAide(`a symlink retargeted under ${name}`, binaries, async (aide) => {
    await using host = await TestHost.make(aide, { "etc/hosts": "x\n", "etc/other": "x\n" });
    await Deno.symlink("hosts", host.at("etc/link"));
    const bare = new BareAide(host);
    await bare.init(bluntPolicy);
    const config = policy === "" ? {} : { config: policy ?? "" };
    assertEquals((await host.turn(config)).status.lastResult.condition, "Succeeded");
    await retarget(host.at("etc/link"), "other");
    await bare.isFooled(bluntPolicy);
    const { lastResult } = (await host.turn(config)).status;
    assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 1]);
    assertEquals(lastResult.changes?.items[0]?.attributes[0], {
      name: "link_name",
      old: "hosts",
      new: "other",
    });
  });
}

const devices = [["c", 1, 3, 9], ["b", 7, 0, 1]] as const;

for (
  const [name, policy] of [["the default policy", defaultPolicy], [
    "a policy for devices",
    devicePolicy,
  ]] as const
) {
  testWithEachAide(`a device node replaced under ${name}`, binaries, async (aide) => {
    for (const [type, major, minor, evil] of devices) {
      await using host = await TestHost.make(aide);
      const path = host.at("etc/device");
      await node(path, type, major, minor);
      const bare = new BareAide(host);
      await bare.init(bluntPolicy);
      assertEquals((await host.turn({ config: policy })).status.lastResult.condition, "Succeeded");
      await nextSecond(host, "etc/device");
      await node(path, type, major, evil);
      await bare.isFooled(bluntPolicy);
      const { lastResult } = (await host.turn({ config: policy })).status;
      assertEquals(lastResult.condition, "Failed", `${type} ${major}:${evil}`);
      assertEquals(lastResult.changes?.items.map((change) => change.path), ["/etc/device"]);
    }
  });
}

testWithEachAide(
  "a device node in place of a file, or of the other type",
  binaries,
  async (aide) => {
    await using host = await TestHost.make(aide);
    await node(host.at("etc/device"), "c", 1, 3);
    await host.turn({ config: bluntPolicy });
    await node(host.at("etc/device"), "b", 1, 3);
    await node(host.at("etc/motd"), "c", 1, 5);
    const { lastResult } = (await host.turn({ config: bluntPolicy })).status;
    assertEquals([lastResult.condition, lastResult.filesChanged], ["Failed", 2]);
  },
);
