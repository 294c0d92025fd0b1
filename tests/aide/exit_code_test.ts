import { assertEquals, assertStringIncludes } from "@std/assert";
import type { AideVersion } from "../../src/aide/aide_version.ts";
import { interpretExit } from "../../src/aide/exit_code.ts";
import { runAide, testedAides, withDirectory } from "./run_aide.ts";

const version = (minor: number): AideVersion => ({
  major: 0,
  minor,
  patch: 1,
  text: `0.${minor}.1`,
});

Deno.test("interpretExit reads the result bits", () => {
  assertEquals(interpretExit(0, undefined, version(18)), { kind: "none" });
  for (let code = 1; code < 8; code++) {
    assertEquals(interpretExit(code, undefined, version(16)), {
      kind: "differences",
      added: [1, 3, 5, 7].includes(code),
      removed: [2, 3, 6, 7].includes(code),
      changed: code >= 4,
    });
  }
});

Deno.test("interpretExit gives a code the meaning that it has in that version", () => {
  const cases: [number, number, string][] = [
    [14, 16, "write-error"],
    [15, 18, "invalid-argument"],
    [16, 18, "unimplemented"],
    [17, 16, "config-error"],
    [18, 18, "io-error"],
    [19, 18, "version-mismatch"],
    [20, 16, "unknown-exit-code"],
    [20, 17, "exec-error"],
    [21, 16, "unknown-exit-code"],
    [21, 18, "lock-error"],
    [22, 17, "unknown-exit-code"],
    [22, 18, "out-of-memory"],
    [23, 18, "thread-error"],
    [24, 18, "unknown-exit-code"],
    [24, 19, "database-error"],
    [25, 18, "unknown-exit-code"],
    [25, 19, "interrupted"],
    [30, 16, "hash-refused"],
    [255, 19, "hash-refused"],
    [126, 19, "not-runnable"],
    [127, 19, "not-runnable"],
    [8, 19, "unknown-exit-code"],
    [13, 19, "unknown-exit-code"],
    [26, 19, "unknown-exit-code"],
    [200, 19, "unknown-exit-code"],
    [-1, 19, "unknown-exit-code"],
    [137, 19, "killed"],
    [139, 19, "killed"],
  ];
  for (const [code, minor, reason] of cases) {
    const meaning = interpretExit(code, undefined, version(minor));
    assertEquals(meaning.kind === "error" ? meaning.reason : meaning.kind, reason, `${code}`);
    if (meaning.kind === "error" && reason !== "killed") {
      assertStringIncludes(meaning.message, `${code}`);
    }
  }
});

Deno.test("interpretExit never takes a signal for a result", () => {
  for (const code of [0, 1, 4, 137, 143]) {
    const meaning = interpretExit(code, "SIGKILL", version(19));
    assertEquals(meaning.kind === "error" && meaning.reason, "killed");
    assertStringIncludes(JSON.stringify(meaning), "SIGKILL");
  }
});

Deno.test("interpretExit understands what the programs return", async () => {
  await withDirectory(async (directory) => {
    const config = `${directory}/aide.conf`;
    for (const aide of await testedAides()) {
      const meaning = async (text: string, ...args: string[]): Promise<string> => {
        await Deno.writeTextFile(config, text);
        const { code } = await runAide(aide, ["-c", config, ...args]);
        const result = interpretExit(code, undefined, aide.parsed);
        return result.kind === "error" ? result.reason : result.kind;
      };
      assertEquals(await meaning("/etc p\n", "--config-check"), "none");
      assertEquals(await meaning("/etc nothing\n", "--config-check"), "config-error");
      assertEquals(await meaning("/etc p\n", "--nonsense"), "invalid-argument");
      const lost = `database_in=file:${directory}/none\n/none p\n`;
      assertEquals(await meaning(lost, "--check"), "io-error");
    }
  });
});
