import { assertEquals, assertStringIncludes } from "@std/assert";
import { aideBinaries } from "../aide_binaries.ts";
import { TestHost, testWithEachAide } from "./test_host.ts";

// AIDE keeps 257 bytes of a target: a link that was pointed elsewhere behind them is "okay" to 0.19.
testWithEachAide(
  "a link too long for AIDE makes no baseline",
  await aideBinaries(),
  async (aide) => {
    await using host = await TestHost.make(aide);
    await Deno.symlink("x".repeat(300), host.at("etc/link"));
    const { status } = await host.turn();
    assertEquals(status.lastResult.condition, "Errored");
    assertStringIncludes(status.lastResult.errorMessage ?? "", "/etc/link (link-too-long)");
    assertEquals(status.baseline, undefined);
  },
);
