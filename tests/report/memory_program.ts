/** `memory_program.ts plain|json|log MEGABYTES`: reads a report of that size; prints by how many bytes memory grew. */
import { hostrootLog } from "../../src/report/host_paths.ts";
import { largeJsonReport, largePlainReport } from "./large_report.ts";
import { parsers } from "./read_report.ts";

const [what, megabytes] = Deno.args;
const size = Number(megabytes) * 1e6;
const report = (bytes: number): Generator<Uint8Array> =>
  what === "json" ? largeJsonReport(bytes) : largePlainReport(bytes);
let peak = 0;

async function read(bytes: number): Promise<boolean> {
  let count = 0;
  const look = (): void => {
    if (count++ % 16 === 0) peak = Math.max(peak, Deno.memoryUsage().rss);
  };
  if (what === "log") {
    for await (const _ of ReadableStream.from(report(bytes)).pipeThrough(hostrootLog())) look();
    return true;
  }
  const parser = parsers[what as "plain" | "json"]();
  for (const chunk of report(bytes)) {
    parser.push(chunk);
    look();
  }
  return parser.end().complete;
}

// What the engine needs to have compiled and collected once is not the report's doing.
await read(20e6);
const before = Deno.memoryUsage().rss;
peak = before;
const complete = await read(size);
await Deno.stdout.write(
  new TextEncoder().encode(JSON.stringify({ complete, grown: peak - before })),
);
