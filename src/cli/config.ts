import { aideProgram } from "../node/aide_process.ts";
import { atLeast } from "../aide/aide_version.ts";
import { checkConfig } from "../node/check_config.ts";
import { convertConfig } from "../aide/convert.ts";
import type { Conversion } from "../aide/conversion.ts";
import { defaultPolicy } from "../aide/default_policy.ts";
import { findProgram, programPath } from "../node/find_program.ts";
import type { CheckCommand, CommandLine, ConvertCommand } from "./command_line.ts";
import { exitStatus } from "../system/exit_status.ts";
import { printable, writeError, writeOutput } from "../system/output.ts";
import { readSource, SourceError } from "./source.ts";

/** One thing that `config` has to say about a line. */
interface Finding {
  severity: "fault" | "change" | "advice";
  /** 1-based; absent where AIDE names none, and of lines that were added. */
  line?: number;
  reason: string;
  message: string;
  before?: string;
  after?: string;
}

function findings({ faults, notes, advice }: Conversion): Finding[] {
  return [
    ...faults.map((fault): Finding => ({ severity: "fault", ...fault })),
    ...notes.map((note): Finding => ({ severity: "change", ...note })),
    ...advice.map((one): Finding => ({ severity: "advice", ...one })),
  ];
}

const word: Record<Finding["severity"], string> = {
  fault: "error",
  change: "changed",
  advice: "note",
};

function findingText(name: string, { severity, line, message, before, after }: Finding): string {
  const at = line === undefined ? name : `${name}:${line}`;
  const marked = (mark: string, text: string): string[] =>
    text === "" ? [] : text.split("\n").map((one) => `    ${mark} ${one}`);
  const diff = severity === "change" && before !== undefined && after !== undefined
    ? [...marked("-", before), ...marked("+", after)]
    : [];
  return [`${at}: ${word[severity]}: ${message}`, ...diff].join("\n");
}

async function convert({ file }: ConvertCommand): Promise<number> {
  const source = await readSource(file);
  const conversion = convertConfig(source.text);
  for (const finding of findings(conversion)) await writeError(findingText(source.name, finding));
  if (conversion.faults.length > 0) return exitStatus.badInput;
  await writeOutput(conversion.text);
  return exitStatus.succeeded;
}

async function aideFindings(converted: string, program: string): Promise<Finding[]> {
  const errors = await checkConfig(converted, program);
  return errors.map((error): Finding => ({
    severity: "fault",
    reason: "aide-refuses",
    message: `AIDE refuses it: ${error.message}`,
    ...(error.line === undefined ? {} : { line: error.line }),
  }));
}

/** The AIDE to check with, or why there is none. */
async function usableAide(named: string | undefined): Promise<{ path: string } | { why: string }> {
  const path = named ?? await findProgram("aide", programPath(Deno.env.get("PATH")));
  if (path === undefined) return { why: "AIDE is not installed" };
  const version = await aideProgram({ path, idle: [] }).version(new AbortController().signal);
  if (version === undefined) return { why: `${path} does not start or is not AIDE` };
  return atLeast(version, 0, 18)
    ? { path }
    : { why: `${path} is AIDE ${version.text}, which is older than 0.18` };
}

async function check({ file, output, aide: named }: CheckCommand): Promise<number> {
  const source = await readSource(file);
  const conversion = convertConfig(source.text);
  const all = findings(conversion);
  const aide = await usableAide(named);
  if (named !== undefined && "why" in aide) {
    await writeError(`Error: --aide: ${aide.why}`);
    return exitStatus.usage;
  }
  const checkedByAide = "path" in aide && conversion.faults.length === 0;
  if (checkedByAide) all.push(...await aideFindings(conversion.text, aide.path));
  const refused = all.some(({ severity }) => severity === "fault");
  if (output === "json") {
    const result = { source: source.name, accepted: !refused, checkedByAide, findings: all };
    await writeOutput(JSON.stringify(result, undefined, 2) + "\n");
  } else {
    const by = "why" in aide ? ` (${aide.why}: its own check was left out)` : "";
    const verdict = `${source.name}: ${refused ? "refused" : "accepted"}${by}`;
    const lines = [...all.map((one) => findingText(source.name, one)), verdict];
    await writeOutput(printable(lines.join("\n")) + "\n");
  }
  return refused ? exitStatus.badInput : exitStatus.succeeded;
}

/** Carries out `config default`, `config convert` and `config check`. Gives the exit status. */
export async function config(
  line: Extract<CommandLine, { command: `config ${string}` }>,
): Promise<number> {
  try {
    switch (line.command) {
      case "config default":
        await writeOutput(defaultPolicy);
        return exitStatus.succeeded;
      case "config convert":
        return await convert(line);
      case "config check":
        return await check(line);
    }
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    await writeError(`Error: ${error.message}`);
    return exitStatus.badInput;
  }
}
