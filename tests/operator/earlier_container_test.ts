import { assertEquals } from "@std/assert";
import { isEarlierContainer } from "../../src/operator/earlier_container.ts";

Deno.test("only an operator of the same pod has surely ended", () => {
  const pod = "file-integrity-operator-7c5d-x2v9k";
  for (
    const [own, holder, ended] of [
      [pod, `${pod}-0123abcd`, true],
      [pod, "file-integrity-operator-7c5d-other-0123abcd", false],
      [pod, `${pod}2-0123abcd`, false],
      [pod, `${pod}-2-0123abcd`, false],
      [pod, `${pod}_0c1de3a4-5b6f-4789-8abc-def012345678`, false], // the existing operator's
      [pod, pod, false],
      [pod, "", false],
      [undefined, "operator-0123abcd", false], // two on one machine, outside of pods
    ] as const
  ) assertEquals(isEarlierContainer(own, holder), ended, holder);
});
