import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { anything, config, sane } from "./config_arbitrary.ts";
import { checkConfig, testedAides } from "./run_aide.ts";
import { parseConfigLine } from "../../src/aide/config_line.ts";
import { convertConfig } from "../../src/aide/convert.ts";
import { optionByName, ourLines } from "../../src/aide/option_policy.ts";

Deno.test("convertConfig never throws and is done after one pass", () => {
  fc.assert(
    fc.property(anything, (text) => {
      const first = convertConfig(text);
      const second = convertConfig(first.text);
      if (first.faults.length > 0) return;
      assertEquals(second.text, first.text);
      assertEquals(second.notes, []);
      assertEquals(second.faults, []);
    }),
    { numRuns: 3000 },
  );
});

Deno.test("convertConfig lets nothing outside the host's root be selected, nothing else be written", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.oneof(config, sane), (text) => {
      const { text: converted, faults } = convertConfig(text);
      if (faults.length > 0) return;
      accepted++;
      const outputs = new Set<string>(Object.values(ourLines));
      for (const each of converted.split("\n")) {
        const parsed = parseConfigLine(each);
        assert(parsed.kind !== "broken" && parsed.kind !== "leading-macro", each);
        if (parsed.kind === "rule") {
          assert(/^\/hostroot(\/|\$$|$|\((\?:)?\/)/.test(parsed.regex.text), each);
          assert(parsed.sign.text !== "-", each);
          assert(parsed.fsType === undefined, each);
        } else if (parsed.kind === "macro") {
          assert(/^(define|undef|if|else|endif)$/.test(parsed.name.text), each);
          if (/DBDIR|LOGDIR/.test(parsed.rest.text.split(" ")[0] ?? "")) {
            assert(outputs.has(each), each);
          }
        } else if (parsed.kind === "assignment") {
          const known = optionByName(parsed.name.text);
          if (known?.policy.kind === "ours") assert(outputs.has(each), each);
          if (known !== undefined) assert(known.policy.kind !== "remove", each);
          assert(known?.name !== "root_prefix", each);
        }
      }
    }),
    { numRuns: 2000 },
  );
  assert(accepted > 100, `only ${accepted} configurations were accepted`);
});

Deno.test("what convertConfig accepts, AIDE 0.18 and 0.19 accept", async () => {
  const aides = await testedAides();
  const accepted = sane.filter((text) => convertConfig(text).faults.length === 0);
  await fc.assert(
    fc.asyncProperty(accepted, async (text) => {
      const converted = convertConfig(text).text.replace(/^report_url=.*$/m, "report_url=stdout");
      for (const aide of aides) {
        const { code, stderr } = await checkConfig(aide, converted);
        assertEquals(code, 0, `${aide.version}\n${converted}\n${stderr}`);
      }
    }),
    { numRuns: 60 },
  );
});
