/** Reports of any size that cost nothing to make: blocks of lines, repeated. */

const encoder = new TextEncoder();
const perBlock = 500;
const time = "2026-11-23 13:10:54 +0000";
const later = "2026-11-23 14:10:54 +0000";
const differs = "AIDE found differences between database and filesystem!!";
const rule = "-".repeat(51);

const path = (number: number): string =>
  `/usr/lib/modules/6.18.0/kernel/drivers/net/wireless/vendor/driver_${number}.ko`;
const hash = (number: number): string =>
  (String(number).padStart(8, "0") + "LIsI2lzmA5jh8Zrw5dzMdE3ydLgmq+WF").repeat(3).slice(0, 86) +
  "==";

const block = (line: (number: number) => string): Uint8Array =>
  encoder.encode(Array.from({ length: perBlock }, (_, number) => line(number)).join(""));

function* repeated(bytes: Uint8Array, times: number): Generator<Uint8Array> {
  for (let turn = 0; turn < times; turn++) yield bytes;
}

const row = (label: string, from: string, to: string): string =>
  ` ${label.padEnd(10)}${label === "" ? " " : ":"} ${from.padEnd(33)}| ${to}\n`;

function plainDetails(number: number): string {
  const [from, to] = [hash(number), hash(number + 1)];
  const rows = [0, 32, 64].map((at) =>
    row(at === 0 ? "SHA512" : "", from.slice(at, at + 32), to.slice(at, at + 32))
  );
  return `\nFile: ${path(number)}\n` + row("Size", `${number}`, `${number + 1}`) +
    row("Mtime", time, later) + row("Ctime", time, later) + rows.join("");
}

/** A plain report of about so many bytes, in which everything has changed. */
export function* largePlainReport(bytes: number): Generator<Uint8Array> {
  const list = block((number) => `\nf >.... mc..H..    : ${path(number)}`);
  const details = block(plainDetails);
  const blocks = Math.ceil(bytes / (list.length + details.length));
  const entries = blocks * perBlock;
  yield encoder.encode(
    `Start timestamp: ${time} (AIDE 0.19.1)\n${differs}\n\nSummary:\n` +
      `  Total number of entries:\t${entries}\n  Added entries:\t\t0\n` +
      `  Removed entries:\t\t0\n  Changed entries:\t\t${entries}` +
      `\n\n${rule}\nChanged entries:\n${rule}\n`,
  );
  yield* repeated(list, blocks);
  yield encoder.encode(`\n\n${rule}\nDetailed information about changes:\n${rule}\n`);
  yield* repeated(details, blocks);
  yield encoder.encode(`\n\nEnd timestamp: ${time} (run time: 0m 9s)\n`);
}

function jsonDetails(number: number): string {
  const pair = (name: string, from: string, to: string): string =>
    `      "${name}": {\n        "old": ${from},\n        "new": ${to}\n      }`;
  const attributes = [
    pair("size", `${number}`, `${number + 1}`),
    pair("modify_time", `"${time}"`, `"${later}"`),
    pair("change_time", `"${time}"`, `"${later}"`),
    pair("sha512", `"${hash(number)}"`, `"${hash(number + 1)}"`),
  ];
  return `,\n    "${path(number)}": {\n${attributes.join(",\n")}\n    }`;
}

/** The same as a JSON report. */
export function* largeJsonReport(bytes: number): Generator<Uint8Array> {
  const list = block((number) => `,\n    "${path(number)}": "f >.... mc..H..    "`);
  const details = block(jsonDetails);
  const blocks = Math.ceil(bytes / (list.length + details.length));
  const entries = blocks * perBlock;
  yield encoder.encode(
    `{\n  "start_time": "${time}",\n  "aide_version": "0.19.1",\n  "outline": "${differs}",\n` +
      `  "number_of_entries": {\n    "total": ${entries},\n    "added": 0,\n    "removed": 0,\n` +
      `    "changed": ${entries}\n  },\n  "changed": {`,
  );
  yield list.subarray(1); // the first entry has no comma before it
  yield* repeated(list, blocks - 1);
  yield encoder.encode(`\n  },\n  "details": {`);
  yield details.subarray(1);
  yield* repeated(details, blocks - 1);
  yield encoder.encode(`\n  },\n  "end_time": "${time}",\n  "run_time_seconds": 9\n}\n`);
}

/** The lines of a database of about so many bytes. */
export function* largeDatabase(bytes: number): Generator<Uint8Array> {
  const entries = block((number) =>
    `${path(number)} 100644 0 0 ${number} 45099255837 ${hash(number)}\n`
  );
  yield encoder.encode("@@begin_db\n@@db_spec name perm uid gid size attr sha512\n");
  yield* repeated(entries, Math.ceil(bytes / entries.length));
  yield encoder.encode("@@end_db\n");
}
