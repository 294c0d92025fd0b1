import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hostrootLog } from "../../src/report/host_paths.ts";
import { type ModelReport, writePlain } from "./aide_writer.ts";
import { anyLink, reports } from "./arbitrary_reports.ts";

const encoder = new TextEncoder();
const prefix = encoder.encode("/hostroot");

async function rewritten(bytes: Uint8Array, piece = 1e9): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    pieces.push(Uint8Array.from(bytes.subarray(at, at + piece)));
  }
  const out = ReadableStream.from(pieces).pipeThrough(hostrootLog());
  return (await new Response(out as ReadableStream<Uint8Array<ArrayBuffer>>).bytes());
}

/** The same report of an AIDE that had the host below /hostroot and no root prefix. */
function documented({ rootPrefix: _, ...model }: ModelReport): ModelReport {
  const below = <T extends { path: Uint8Array }>(entry: T): T => ({
    ...entry,
    path: Uint8Array.of(...prefix, ...entry.path),
  });
  return {
    ...model,
    entries: model.entries.map(below),
    ...(model.different && { different: model.different.map(below) }),
  };
}

for (const [version, names] of [["0.18.3", "decimal"], ["0.19.1", "hex"]] as const) {
  Deno.test(`Every report of AIDE ${version} is as if made below /hostroot`, async () => {
    await fc.assert(
      fc.asyncProperty(
        reports({ version, names }, anyLink),
        fc.constantFrom(undefined, "cv-1", "é \u0081"),
        fc.integer({ min: 1, max: 200 }),
        async (given, configVersion, piece) => {
          const model = { ...given, ...(configVersion !== undefined && { configVersion }) };
          assertEquals(
            new TextDecoder().decode(await rewritten(writePlain(model), piece)),
            new TextDecoder().decode(writePlain(documented(model))),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
}

Deno.test("Bytes that are no report pass through", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 9 }),
      async (bytes, piece) => {
        const text = new TextDecoder("latin1").decode(bytes);
        fc.pre(!/Entry \/|Root prefix|-{51}/.test(text));
        assertEquals(await rewritten(bytes, piece), bytes);
      },
    ),
  );
});

Deno.test("A line of any length is rewritten at its start and passes by", async () => {
  const long = "x".repeat(300_000);
  const rule = "-".repeat(51);
  const text = (path: string): string =>
    `\n${rule}\nAdded entries:\n${rule}\n\nf+++++++++++++++++: ${path}/${long}\nf+++++++++++++++++: ${path}/b\n`;
  for (const piece of [1e9, 65536, 1000]) {
    assertEquals(
      await rewritten(encoder.encode(text("")), piece),
      encoder.encode(text("/hostroot")),
    );
  }
});

Deno.test("Link targets, values and the database section keep their paths", async () => {
  const rule = "-".repeat(51);
  const details = (prefix: string): string =>
    `\n${rule}\nDetailed information about changes:\n${rule}\n\nLink: ${prefix}/etc/l\n` +
    ` Lname     : /etc/a                           | /etc/b\n\n\n` +
    `${rule}\nThe attributes of the (uncompressed) database(s):\n${rule}\n\n/var/lib/db\n SHA256    : x=\n`;
  assertEquals(
    new TextDecoder().decode(await rewritten(encoder.encode(details("")))),
    details("/hostroot"),
  );
});
