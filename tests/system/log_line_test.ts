import type { LogRecord } from "@logtape/logtape";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type LogFormat, logLine } from "../../src/system/log_line.ts";

function record(
  message: readonly unknown[],
  properties: Record<string, unknown> = {},
  level: LogRecord["level"] = "info",
): LogRecord {
  return {
    category: ["fio"],
    level,
    message,
    rawMessage: "",
    timestamp: Date.parse("2026-05-04T12:00:00.125Z"),
    properties,
  };
}

const formats: readonly LogFormat[] = ["text", "json"];

/** What could command a terminal, end a line for somebody, or turn the order of what is read. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

Deno.test("a line is its time, its level and what is said", () => {
  const said = record(["Node ", "worker-1", " is late by ", 5, " s"], { seconds: 5 }, "warning");
  assertEquals(
    logLine(said, "text"),
    "2026-05-04T12:00:00.125Z WARN  Node worker-1 is late by 5 s",
  );
  assertEquals(
    logLine(said, "json"),
    '{"time":"2026-05-04T12:00:00.125Z","level":"warn","message":"Node worker-1 is late by 5 s","seconds":5}',
  );
});

Deno.test("property: whatever is said, it is one bounded line without unsafe characters", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.constantFrom(
      "\u202egnp.exe",
      "\x1b]0;title\x07",
      "a\r\nb",
      "\u2028",
      "\x9b2J",
      "\x7f",
      "\ud800",
    ),
    fc.nat(40_000).map((length) => "\u202e".repeat(length)),
    fc.string({ minLength: 1, maxLength: 50 }).map((text) => text.repeat(1_000)),
  );
  const values = fc.oneof(texts, fc.double(), fc.bigInt(), fc.object(), fc.array(texts), fc.date());
  fc.assert(
    fc.property(
      fc.array(values, { maxLength: 5 }),
      fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), values, { maxKeys: 8 }),
      (message, properties) => {
        for (const format of formats) {
          const stack = message.filter((part) => typeof part === "string").join();
          const line = logLine(record(message, { ...properties, stack }), format);
          assert(!unsafe.test(line), line);
          assert(new TextEncoder().encode(line).length <= 16_000, `${line.length}`);
          if (format === "json") assertEquals(JSON.parse(line).level, "info");
        }
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("an object that is no text is told by its kind", () => {
  const circle: Record<string, unknown> = { toString: [] };
  circle.itself = circle;
  const none = Object.assign(Object.create(null), { toJSON: () => undefined });
  const error = new Error();
  Object.assign(error, { message: none });
  const line = logLine(record([circle, " and ", none, " and ", error], { circle, none }), "json");
  const { message, ...properties } = JSON.parse(line);
  const kind = "[object Object]";
  assertEquals([message, properties.circle, properties.none], [
    ...[`${kind} and ${kind} and [object Error]`, kind, kind],
  ]);
});

Deno.test("what is escaped can be told, in both formats", () => {
  const hostile = "/srv/\x1b[2J\u202etxt\u2028\x7f\x9b\n\tend";
  const expected = "/srv/\\033[2J\\342\\200\\256txt\\342\\200\\250\\177\\302\\233\\012\\011end";
  const said = record(["Absorbed: ", hostile], { path: hostile });
  assert(logLine(said, "text").endsWith(`Absorbed: ${expected}`));
  const { message, path } = JSON.parse(logLine(said, "json"));
  // Also for who prints what was parsed: jq -r .path
  assertEquals([message, path], [`Absorbed: ${expected}`, expected]);
});

Deno.test("letters of any script stay as they are", () => {
  const said = record(["/srv/é€𝄞/привет/日本語/🙂"]);
  for (const format of formats) {
    assert(logLine(said, format).includes("/srv/é€𝄞/привет/日本語/🙂"));
  }
});

Deno.test("a long value is cut and says so, a long line is cut harder", () => {
  const long = "x".repeat(100_000);
  const { message, path, node } = JSON.parse(
    logLine(record(["a ", long], { path: long, node: "n" }), "json"),
  );
  assertEquals(message.length, 4_000 + "… (of 8002 characters)".length);
  assertEquals(path, `${"x".repeat(4_000)}… (of 100000 characters)`);
  assertEquals(node, "n");
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`p${at}`, long]));
  const line = logLine(record([long], many), "json");
  assert(line.length <= 16_000, `${line.length}`);
  assertEquals(Object.keys(JSON.parse(line)).length, 33); // none is lost
});

Deno.test("a property takes the place of neither time nor level nor message", () => {
  const line = logLine(
    record(["said"], { message: "forged", level: "error", time: "never" }),
    "json",
  );
  assertEquals(JSON.parse(line), {
    ...{ time: "2026-05-04T12:00:00.125Z", level: "info", message: "said" },
  });
});

Deno.test("a stack keeps its lines inside of JSON; an error is what it says", () => {
  const parsed = JSON.parse(
    logLine(
      record(["failed: ", new Error("why")], {
        stack: "Error: a\n  at b\x1b",
        cause: new Error("c"),
      }),
      "json",
    ),
  );
  assertEquals([parsed.message, parsed.stack, parsed.cause], [
    "failed: why",
    "Error: a\n  at b\\033",
    "c",
  ]);
});

Deno.test("secrets that are told by their form are in neither format, wherever they stand", () => {
  const token = `eyJhbGciOiJSUzI1NiJ9.${"a".repeat(600)}.${"b".repeat(300)}`;
  const key = `-----BEGIN EC PRIVATE KEY-----\n${"c".repeat(200)}\n-----END EC PRIVATE KEY-----`;
  const url = "https://admin:hunter2hunter2@proxy.example:3128/path";
  const basic = "Basic YWRtaW46aHVudGVyMmh1bnRlcjI=";
  const said = record(["it said ", `${token} ${key} ${url} ${basic}`], {
    ...{ token, key, url, basic, nested: { token, list: [url] } },
    header: "Authorization: Bearer 0123456789abcdef0123456789abcdef",
    // Where it is cut, the cut is no way out.
    padded: "x".repeat(3_900) + token,
    stack: `Error: ${key}\n  at ${url}`,
  });
  for (const format of formats) {
    const line = logLine(said, format);
    for (
      const secret of ["aaaa", "bbbb", "cccc", "hunter2", "YWRtaW4", "0123456789abcdef", "eyJ"]
    ) {
      assert(!line.includes(secret), `${secret} in ${line}`);
    }
    assert(line.includes("proxy.example:3128/path"), line);
  }
});
