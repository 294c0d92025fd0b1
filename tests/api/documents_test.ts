import { assert, assertEquals } from "@std/assert";
import { stringify } from "@std/yaml";
import fc from "fast-check";
import { type DocumentFault, maxDocumentsLength, parseDocuments } from "../../src/api/documents.ts";
import { faultLine } from "../../src/api/fault.ts";
import { plainScalars } from "../../src/api/plain_scalars.ts";
import {
  validateConfigMap,
  validateFileIntegrity,
  validateFileIntegrityNodeStatus,
} from "../../src/api/validate.ts";

const validators = {
  FileIntegrity: validateFileIntegrity,
  ConfigMap: validateConfigMap,
  FileIntegrityNodeStatus: validateFileIntegrityNodeStatus,
};

const only = (text: string): Record<string, unknown> => {
  const { documents, faults } = parseDocuments(text, "input.yaml");
  assertEquals(faults, []);
  assertEquals(documents.length, 1);
  return documents[0]?.value ?? {};
};

const first = (text: string): DocumentFault => {
  const fault = parseDocuments(text, "input.yaml").faults[0];
  assert(fault !== undefined, `no fault in ${JSON.stringify(text)}`);
  return fault;
};

// Each folder of hostile/ is an input and, line by line, everything that is said about it.
for (const { name } of Deno.readDirSync(new URL("hostile/", import.meta.url))) {
  Deno.test(`hostile input: ${name}`, async () => {
    const folder = new URL(`hostile/${name}/`, import.meta.url);
    const text = new TextDecoder().decode(await Deno.readFile(new URL("input.yaml", folder)));
    const { documents, faults } = parseDocuments(text, "input.yaml");
    const lines = [
      ...faults.map(faultLine),
      ...documents.flatMap(({ kind, value, index }) =>
        validators[kind](value).faults.map((fault) => `document ${index}: ${faultLine(fault)}`)
      ),
    ];
    assert(lines.length > 0, "nothing is wrong with it");
    const expected = await Deno.readTextFile(new URL("expected.txt", folder));
    assertEquals(lines.map((line) => `${line}\n`).join(""), expected);
  });
}

Deno.test("YAML, JSON, several documents and Lists are read, in order and numbered", () => {
  const text = `# comment
apiVersion: v1
kind: ConfigMap
---
---
{"kind": "FileIntegrity",
\t"spec": {"config": {}}}
---
kind: List
items:
- kind: FileIntegrityNodeStatus
- kind: ConfigMap
`;
  const { documents, faults } = parseDocuments(text, "input.yaml");
  assertEquals(faults, []);
  assertEquals(documents.map(({ kind, index }) => [kind, index]), [
    ["ConfigMap", 1],
    ["FileIntegrity", 3],
    ["FileIntegrityNodeStatus", 4],
    ["ConfigMap", 4],
  ]);
});

Deno.test("the documentation's example and its ConfigMap are read", () => {
  const { documents } = parseDocuments(
    `apiVersion: fileintegrity.openshift.io/v1alpha1
kind: FileIntegrity
metadata:
  name: worker-fileintegrity
  namespace: openshift-file-integrity
spec:
  nodeSelector: 
    node-role.kubernetes.io/worker: ""
  tolerations: 
  - key: "myNode"
    operator: "Exists"
    effect: "NoSchedule"
  config: 
    name: "myconfig"
    namespace: "openshift-file-integrity"
    key: "config"
    gracePeriod: 20 
    maxBackups: 5 
    initialDelay: 60 
  debug: false
status:
  phase: Active 
---
apiVersion: v1
kind: ConfigMap
metadata: {name: myconfig, namespace: openshift-file-integrity}
data:
  config: |
    @@define DBDIR /hostroot/etc/kubernetes
    # yes
    verbose=no
    /hostroot/etc R
\t
`,
    "input.yaml",
  );
  assertEquals(documents.flatMap(({ kind, value }) => validators[kind](value).faults), []);
  assertEquals(documents.map(({ kind }) => kind), ["FileIntegrity", "ConfigMap"]);
});

Deno.test("dates stay texts, and numbers are what kubectl takes them for", () => {
  const value = only(
    "kind: ConfigMap\nx: [2020-01-01, 2020-01-01T00:00:00Z, 010, 0x1F, 1_000, 1e3, 1:30, ~, True]",
  );
  // as `kubectl label --local -o json` prints them
  assertEquals(value.x, [
    "2020-01-01",
    "2020-01-01T00:00:00Z",
    8,
    31,
    1000,
    1000,
    "1:30",
    null,
    true,
  ]);
});

Deno.test("anchors and merge keys are resolved, and share no object", () => {
  const value = only(
    "kind: ConfigMap\na: &a {x: 1, w: [2]}\nb: *a\nc: {<<: *a, x: 3}\nd: {<<: [{z: 1}, *a]}",
  );
  assertEquals(value.b, { x: 1, w: [2] });
  assertEquals(value.c, { x: 3, w: [2] });
  assertEquals(value.d, { z: 1, x: 1, w: [2] });
  assert(value.a !== value.b);
});

Deno.test("words that are no texts to kubectl are told with their places", () => {
  for (const word of ["yes", "No", "ON", "off", "y", "N", "0o17", "08", "-09"]) {
    assertEquals(first(`kind: ConfigMap\nx: ${word}\n`).path, "input.yaml:2:4", word);
    assertEquals(first(`kind: ConfigMap\nx: [a, ${word} ]`).path, "input.yaml:2:8", word);
    assertEquals(first(`kind: ConfigMap\nx:\n  - ${word} # c`).path, "input.yaml:3:5", word);
    assertEquals(first(`kind: ConfigMap\n${word}: 1\n`).path, "input.yaml:2:1", word);
    for (const quote of ["'", '"']) only(`kind: ConfigMap\nx: ${quote}${word}${quote}\n`);
  }
});

Deno.test("the same words in quotes, comments, longer texts and block texts are left alone", () => {
  only(`kind: ConfigMap # no
# x: yes
data:
  a: |
    x: yes
    no

  b: >-
      on
      - off
  "no": 'a
    yes'
  c: "multi
    yes: no
    line"
  d: no way
  e: a no
  f: http://no:80/yes
  g: no:yes
  h: |2
      yes
  i:
  - |
   yes
  - - >
     no
  - z: |
      y: n
    t: plain`);
});

Deno.test("a tab as indentation is a fault, elsewhere it is none", () => {
  assertEquals(first("kind: ConfigMap\ndata:\n\ta: b").path, "input.yaml:3:1");
  assertEquals(first("kind: ConfigMap\ndata:\n  \ta: b").path, "input.yaml:3:3");
  only("kind:\tConfigMap\ndata: {\n\ta: b}\n\t\n\t# c\n");
});

Deno.test("syntax errors are told with source, line and column", () => {
  const fault = first("kind: ConfigMap\ndata:\n  a: b: c\n");
  assertEquals([fault.source, fault.line, fault.column], ["input.yaml", 3, 7]);
  assertEquals(fault.path, "input.yaml:3:7");
  assertEquals(first("kind: ConfigMap\na: 1\na: 2\n").line, 3);
  assertEquals(first('{"kind": "ConfigMap", "kind": "x"}').line, 1);
});

Deno.test("what is too large, too deep or means too much is refused quickly", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x]"];
  for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg", "gh"]) {
    bomb.push(`${to}: &${to} [${Array(8).fill(`*${from}`).join(", ")}]`);
  }
  assertEquals(first(`kind: ConfigMap\n${bomb.join("\n")}`).message, "too many values");
  assertEquals(
    first(`a: &a ${"x".repeat(1e6)}\nb: [${Array(99).fill("*a").join(",")}]`).message,
    "aliases repeat too much",
  );
  assertEquals(
    first("kind: ConfigMap\na: &a [*a]").message,
    "lists or groups stand too deep in each other",
  );
  for (const deep of ["[".repeat(1e6), "- ".repeat(1e6), `${"[".repeat(99)}${"]".repeat(99)}`]) {
    assertEquals(first(deep).message, "lists or groups stand too deep in each other");
  }
  assertEquals(first("x".repeat(maxDocumentsLength + 1)).message, "longer than 8 MiB");
});

Deno.test("bytes that are not UTF-8 are told, not replaced", () => {
  const text = new TextDecoder().decode(new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0x0a]));
  assertEquals(first(`kind: ConfigMap\n${text}`).path, "input.yaml:2:4");
  assertEquals(first('kind: ConfigMap\na: "\\ud800"').message, "a text has half of a character");
});

Deno.test("nothing to read is a fault", () => {
  for (const text of ["", "---\n", "# comment\n", "---\n---\n"]) {
    assertEquals(first(text).message, "holds no object");
  }
});

Deno.test("a key named __proto__ is a field like any other", () => {
  const value = only('kind: ConfigMap\n"__proto__": {polluted: true}\n');
  assertEquals(Object.hasOwn(value, "__proto__"), true);
  assertEquals(validateConfigMap(value).faults.some(({ path }) => path === "__proto__"), true);
  assertEquals(({} as { polluted?: boolean }).polluted, undefined);
});

Deno.test("what YAML and JSON writers write is read back, with no fault", () => {
  const value = fc.dictionary(
    fc.string({ unit: "grapheme" }),
    fc.jsonValue({ maxDepth: 3 }),
  );
  fc.assert(fc.property(value, (fields) => {
    const object = JSON.parse(JSON.stringify({ ...fields, kind: "ConfigMap" }));
    // The library writes the texts "08" and "0o17" without quotes, which kubectl reads as numbers: refused on purpose.
    fc.pre(!/"[-+]?0(?:o[0-7_]+|[0-9]*[89][0-9]*)"/.test(JSON.stringify(object)));
    // The library takes the key << for a merge in quotes too; no field, label or key of data can be called so.
    fc.pre(!JSON.stringify(object).includes('"<<":'));
    // What stands for bytes that were no UTF-8 is refused on purpose as well.
    fc.pre(!JSON.stringify(object).includes("\ufffd"));
    for (
      const text of [
        stringify(object),
        JSON.stringify(object),
        JSON.stringify(object, undefined, "\t"),
      ]
    ) {
      const { documents, faults } = parseDocuments(text, "x");
      assertEquals(faults, [], text);
      assertEquals(documents[0]?.value, object, text);
    }
  }));
});

Deno.test("in JSON without spaces, what is in quotes is no word without them", () => {
  for (const text of ["{y{", "[y,", ",Y]", "{N,", "[08]"]) {
    const object = { kind: "ConfigMap", data: { a: text, y: "08", N: "no" }, more: [{ Y: "y" }] };
    const { documents, faults } = parseDocuments(JSON.stringify(object), "x");
    assertEquals(faults, [], text);
    assertEquals(documents[0]?.value, object, text);
  }
  const { faults } = parseDocuments('{"kind":"ConfigMap","data":{"a":y}}', "x");
  assertEquals(faults.map(({ column }) => column), [33]);
});

Deno.test("any text is read without an exception", () => {
  const piece = fc.constantFrom(
    "kind: ConfigMap",
    "\n",
    "  ",
    "- ",
    "a: ",
    "|",
    ">",
    "'",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    "&a ",
    "*a",
    "---",
    "yes",
    "\t",
    "<<: ",
    "? ",
    ": ",
    "!!str ",
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.array(piece).map((all) => all.join(""))), (text) => {
      const { documents, faults } = parseDocuments(text, "x");
      assert(documents.length + faults.length > 0);
      for (const { line, column } of plainScalars(text)) assert(line > 0 && column > 0);
    }),
    { numRuns: 2000 },
  );
});
