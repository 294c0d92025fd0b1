import { assertEquals, assertThrows } from "@std/assert";
import { readArguments } from "./command_line.ts";

Deno.test("e2e command line: options", () => {
  assertEquals(readArguments([]), { help: false, yes: false });
  assertEquals(readArguments(["--yes", "--image", "a.tar"]), {
    help: false,
    yes: true,
    image: "a.tar",
  });
});

Deno.test("e2e command line: what is not an option is refused", () => {
  for (const args of [["--no"], ["now"], ["--image"]]) {
    assertThrows(() => readArguments(args), TypeError);
  }
});
