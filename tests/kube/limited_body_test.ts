import { assert, assertEquals, assertRejects } from "@std/assert";
import { bodyPieces } from "../../src/kube/body_pieces.ts";
import { limitedBody } from "../../src/kube/limited_body.ts";

interface Watched {
  stream: ReadableStream<Uint8Array>;
  cancelled: () => boolean;
}

function stream(pieces: string[], end: "closed" | "open" | Error = "closed"): Watched {
  let cancelled = false;
  return {
    stream: new ReadableStream({
      start(controller): void {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        if (end === "closed") controller.close();
        else if (end !== "open") controller.error(end);
      },
      cancel(): void {
        cancelled = true;
      },
    }, { highWaterMark: 100 }),
    cancelled: () => cancelled,
  };
}

const forever = new AbortController().signal;

async function limited({ stream }: Watched, limit: number): Promise<[string, boolean]> {
  const { bytes, cut } = await limitedBody(bodyPieces(stream, forever), limit);
  return [new TextDecoder().decode(bytes), cut];
}

Deno.test("a body is taken up to its limit, and no further", async () => {
  assertEquals(await limited(stream(["abc", "def"]), 6), ["abcdef", false]);
  assertEquals(await limited(stream([]), 6), ["", false]);
  const longer = stream(["abc", "def"], "open");
  assertEquals(await limited(longer, 5), ["abcde", true]);
  assert(longer.cancelled(), "the connection is closed");
  assertEquals(await limitedBody(bodyPieces(null, forever), 1), {
    bytes: new Uint8Array(),
    cut: false,
  });
});

Deno.test("a body that breaks rejects", async () => {
  const reason = new TypeError("broken");
  const error = await assertRejects(() => limited(stream(["abc"], reason), 100));
  assertEquals(error, reason);
});

Deno.test("a body that stalls ends with its signal", async () => {
  const stalled = stream(["abc"], "open");
  const stop = new AbortController();
  const reason = new Error("Enough");
  const read = limitedBody(bodyPieces(stalled.stream, stop.signal), 100);
  setTimeout(() => stop.abort(reason));
  assertEquals(await assertRejects(() => read), reason);
  assert(stalled.cancelled());
});

Deno.test("leaving the loop over a body closes its connection", async () => {
  const open = stream(["abc"], "open");
  for await (const _ of bodyPieces(open.stream, forever)) break;
  assert(open.cancelled());
});
