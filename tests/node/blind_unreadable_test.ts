/** Files and directories that AIDE may not read: it drops the hash, or what is below, and "Looks okay". */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { BareAide } from "./bare_aide.ts";
import { tamper } from "./hashing.ts";
import { scriptedAide } from "./hooked_aide.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

const binaries = await aideBinaries();

// What a daemon is that lost its capability: root, who may read only what its modes allow.
const script = 'exec setpriv --bounding-set=-dac_override,-dac_read_search "$AIDE" "$@"';
const other = 4242;

async function hostWithSecrets(aide: (typeof binaries)[number]): Promise<TestHost> {
  const host = await TestHost.make(aide, {
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/secret": "a secret\n",
    "etc/secrets/": "",
  });
  for (const path of ["etc/secret", "etc/secrets"]) await Deno.chown(host.at(path), other, other);
  await Deno.chmod(host.at("etc/secret"), 0o600);
  await Deno.chmod(host.at("etc/secrets"), 0o700);
  return host;
}

testWithEachAide("a tampered file that AIDE may not read", binaries, async (aide) => {
  await using host = await hostWithSecrets(aide);
  const bare = new BareAide(host);
  await bare.init();
  assertEquals((await host.turn()).status.lastResult.condition, "Succeeded");
  await tamper(host.at("etc/secret"));
  const weak = await scriptedAide(aide, `${host.directory}/weak`, script);
  bare.program = `${host.directory}/weak`;
  await bare.isFooled();

  const { lastResult } = (await host.turn({ aide: weak })).status;
  assertEquals([lastResult.condition, lastResult.errorReason], ["Errored", "unverified"]);
  assertEquals(lastResult.unverified?.total, 2);
  const named = lastResult.unverified?.items.map(({ path, reason }) => `${path} ${reason}`).sort();
  assertEquals(named, ["/etc/secret unreadable", "/etc/secrets unreadable"]);
  // A difference elsewhere is still told, and so is the doubt.
  await host.append("etc/hosts", "# changed\n");
  const both = (await host.turn({ aide: weak })).status.lastResult;
  assertEquals([both.condition, both.filesChanged, both.unverified?.total], ["Failed", 1, 2]);
});

testWithEachAide("a directory that AIDE may not read any more", binaries, async (aide) => {
  await using host = await hostWithSecrets(aide);
  await host.write("etc/secrets/key", "k\n");
  await host.turn();
  const weak = await scriptedAide(aide, `${host.directory}/weak`, script);
  const { lastResult } = (await host.turn({ aide: weak })).status;
  assert(lastResult.condition !== "Succeeded");
  assert(
    lastResult.unverified?.items.some(({ path }) => path === "/etc/secrets"),
    JSON.stringify(lastResult),
  );
});

testWithEachAide("no baseline without the hash of an unreadable file", binaries, async (aide) => {
  await using host = await hostWithSecrets(aide);
  const weak = await scriptedAide(aide, `${host.directory}/weak`, script);
  const bare = new BareAide(host);
  bare.program = `${host.directory}/weak`;
  await bare.init();
  await tamper(host.at("etc/secret"));
  await bare.isFooled(); // its database never had the hash

  const { status } = await host.turn({ aide: weak });
  assertEquals([status.lastResult.condition, status.baseline], ["Errored", undefined]);
  assertStringIncludes(status.lastResult.errorMessage ?? "", "/etc/secret (unreadable)");
  // Made readable again, the next turn takes the baseline.
  assertEquals((await host.turn()).status.baseline?.reason, "first");
});
