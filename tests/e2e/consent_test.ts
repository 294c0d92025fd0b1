import { assert, assertEquals } from "@std/assert";
import { type Asking, consents } from "./consent.ts";

const nobody: Asking = {
  yes: false,
  ci: false,
  terminal: false,
  ask: () => {
    throw new Error("Somebody was asked");
  },
};

Deno.test("e2e consent: --yes and CI=true are answers, and without a terminal nobody is asked", () => {
  assert(consents({ ...nobody, yes: true }));
  assert(consents({ ...nobody, ci: true }));
  assert(!consents(nobody));
});

Deno.test("e2e consent: on a terminal, yes alone is yes", () => {
  const answers: [string | null, boolean][] = [
    ...[["y", true], ["yes", true], [" YES ", true]] as [string, boolean][],
    ...[["", false], ["n", false], ["yesterday", false], [null, false]] as [
      string | null,
      boolean,
    ][],
  ];
  for (const [answer, expected] of answers) {
    let asked = "";
    const ask = (question: string): string | null => {
      asked = question;
      return answer;
    };
    assertEquals(consents({ ...nobody, terminal: true, ask }), expected, `${answer}`);
    assert(asked.includes("/etc/file-integrity-operator-e2e"), "it is said what is touched");
  }
});
