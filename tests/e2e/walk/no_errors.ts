/** What the product's pods said. */
import { assertEquals } from "@std/assert";
import type { Walk } from "./walk.ts";

/** None of the pods that are there has written a line that is an error, in any of its lives. */
export async function noErrors({ admin }: Walk): Promise<void> {
  const errors: string[] = [];
  for (const { metadata: { name } } of await admin.list("pods")) {
    for (const life of [[], ["--previous"]]) {
      const { stdout } = await admin.try("logs", name, ...life); // fails where there was none before
      const lines = stdout.split("\n").filter((line) => /"level":"(error|fatal)"/.test(line));
      errors.push(...lines.map((line) => `${name}: ${line}`));
    }
  }
  assertEquals(errors, []);
}
