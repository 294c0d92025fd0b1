/**
 * Throughput of what reads AIDE's output: `deno run -A tests/bench/report_bench.ts [MEGABYTES]` prints a table. Seconds are
 * CPU seconds of this process, so that what else the machine does hardly counts; reports are made beforehand, from blocks.
 */
import process from "node:process";
import { inspectDatabase } from "../../src/report/database.ts";
import { hostrootLog } from "../../src/report/host_paths.ts";
import { jsonReportParser } from "../../src/report/json_report.ts";
import { plainReportParser } from "../../src/report/plain_report.ts";
import type { ReportParser } from "../../src/report/report.ts";
import { largeDatabase, largeJsonReport, largePlainReport } from "../report/large_report.ts";

interface Measured {
  what: string;
  bytes: number;
  cpuSeconds: number;
  wallSeconds: number;
  note: string;
}

async function measured(
  what: string,
  bytes: number,
  work: () => Promise<string> | string,
): Promise<Measured> {
  const started = performance.now();
  const cpu = process.cpuUsage();
  const note = await work();
  const { user, system } = process.cpuUsage(cpu);
  const wallSeconds = (performance.now() - started) / 1000;
  return { what, bytes, cpuSeconds: (user + system) / 1e6, wallSeconds, note };
}

function parse(parser: ReportParser, chunks: Iterable<Uint8Array>): string {
  for (const chunk of chunks) parser.push(chunk);
  const report = parser.end();
  return `complete: ${report.complete}, ${report.listed.changed} changed`;
}

async function rewrite(chunks: Iterable<Uint8Array>): Promise<string> {
  let out = 0;
  for await (const chunk of ReadableStream.from(chunks).pipeThrough(hostrootLog())) {
    out += chunk.length;
  }
  return `${out} bytes out`;
}

async function gzipped(chunks: Iterable<Uint8Array>): Promise<Uint8Array[]> {
  const packed: Uint8Array[] = [];
  const stream = ReadableStream.from(chunks as Iterable<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new CompressionStream("gzip"));
  for await (const chunk of stream) packed.push(chunk);
  return packed;
}

const sum = (chunks: Iterable<Uint8Array>): number => {
  let bytes = 0;
  for (const chunk of chunks) bytes += chunk.length;
  return bytes;
};

async function* measure(bytes: number): AsyncGenerator<Measured> {
  parse(plainReportParser(), largePlainReport(5e6));
  const plain = sum(largePlainReport(bytes));
  yield await measured(
    "plain report",
    plain,
    () => parse(plainReportParser(), largePlainReport(bytes)),
  );
  parse(jsonReportParser(), largeJsonReport(5e6));
  const json = sum(largeJsonReport(bytes));
  yield await measured(
    "JSON report",
    json,
    () => parse(jsonReportParser(), largeJsonReport(bytes)),
  );
  yield await measured("hostrootLog", plain, () => rewrite(largePlainReport(bytes)));
  const packed = await gzipped(largeDatabase(bytes));
  yield await measured("inspectDatabase", sum(largeDatabase(bytes)), async () => {
    const facts = await inspectDatabase(ReadableStream.from(packed));
    return `complete: ${facts.complete}, ${facts.entries} entries, ${facts.bytes} bytes packed`;
  });
}

if (import.meta.main) {
  const encoder = new TextEncoder();
  for await (const row of measure(Number(Deno.args[0] ?? 60) * 1e6)) {
    const megabytes = row.bytes / 1e6;
    const line = [
      row.what.padEnd(16),
      `${megabytes.toFixed(0)} MB`.padStart(8),
      `${row.cpuSeconds.toFixed(2)} s CPU`.padStart(11),
      `${row.wallSeconds.toFixed(2)} s`.padStart(8),
      `${(megabytes / row.cpuSeconds).toFixed(0)} MB per CPU second`.padStart(23),
      row.note,
    ].join("  ");
    await Deno.stdout.write(encoder.encode(line + "\n"));
  }
}
