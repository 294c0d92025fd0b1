import { assertEquals } from "@std/assert";
import { parseClusterCommandLine } from "../../src/cli/cluster_command_line.ts";
import { operatorOptions } from "../../src/system/operator_options.ts";
import type { CommandOption } from "../../src/system/option_table.ts";
import { readCommandLine } from "./command_line.ts";
import { operatorArguments } from "./operator_arguments.ts";

/** An argument that gives the option a value that is not its default. */
function argumentOf(option: CommandOption): string {
  const { name, kind } = option;
  switch (kind) {
    case "flag":
      return `--${name}`;
    case "boolean":
      return `--${name}=${!option.default}`;
    case "integer":
      return `--${name}=${option.default === option.max ? option.min : option.max}`;
    case "choice":
      return `--${name}=${option.choices.find((choice) => choice !== "text")}`; // what dev takes
    case "path":
      return `--${name}=/given/${name}`;
    case "text":
      return `--${name}=given-${name}`;
  }
}

Deno.test("dev: every option of the operator reaches it as it is given", () => {
  const args = Object.values<CommandOption>(operatorOptions).map(argumentOf);
  const direct = parseClusterCommandLine(["operator", ...args]);
  const command = readCommandLine(args);
  const passed = command && parseClusterCommandLine(["operator", ...operatorArguments(command)]);
  assertEquals(passed, direct);
  assertEquals(Object.keys(direct && "line" in direct ? direct.line : {}).length, args.length + 1);
});

Deno.test("dev: the operator gets no option of dev's own, and none that is not given", () => {
  const command = readCommandLine(["--image=i", "--nodes=2", "--watch-dir=/w"]);
  assertEquals(command && operatorArguments(command), [
    ...["--image=i", "--cert-dir=/var/run/secrets/serving-cert", "--log-format=text"],
  ]);
});
