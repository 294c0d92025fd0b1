import { assertEquals } from "@std/assert";
import {
  codeFaults,
  commentFaults,
  importFaults,
  importsOf,
  lengthFaults,
  lengthFigures,
  nameFaults,
  topLevelFaults,
} from "../../src/build/layout_rules.ts";

const file = (path: string, text = ""): { path: string; text: string } => ({ path, text });

Deno.test("layout: the top level holds known entries only", () => {
  assertEquals(topLevelFaults(["src", "tests", "crds", "deno.json", "LICENSE", ".ci"]), []);
  assertEquals(topLevelFaults(["src", "notes.md", "docs"]).length, 2);
});

Deno.test("layout: imports are found in every form, packages and comments are not", () => {
  const text = [
    'import { a } from "../base/a.ts";',
    "import type {",
    "  B,",
    '} from "./b.ts";',
    'export * from "./c.ts";',
    'import "./d.ts";',
    'const { e } = await import("../cli/e.ts");',
    'import { parse } from "@std/yaml";',
    '// import { x } from "./x.ts";',
    "/**",
    ' * import { y } from "./y.ts";',
    " */",
  ].join("\n");
  assertEquals(importsOf(file("src/aide/z.ts", text)), [
    "src/base/a.ts",
    "src/aide/b.ts",
    "src/aide/c.ts",
    "src/aide/d.ts",
    "src/cli/e.ts",
  ]);
});

Deno.test("layout: folders import in one direction", () => {
  const imports = (path: string, to: string): string[] =>
    importFaults([file(path, `import { a } from "${to}";\n`)]);
  for (
    const [path, to] of [
      ["src/aide/a.ts", "../base/b.ts"],
      ["src/aide/a.ts", "./b.ts"],
      ["src/cli/a.ts", "../node/b.ts"],
      ["src/cli/a.ts", "../kube/b.ts"],
      ["src/kube/a.ts", "../system/b.ts"],
      ["src/operator/a.ts", "../kube/b.ts"],
      ["src/daemon/a.ts", "../kube/b.ts"],
      ["src/daemon/a.ts", "../node/b.ts"],
      ["src/base/a.ts", "../types/b.d.ts"],
      ["src/build/a.ts", "../cli/b.ts"],
      ["src/build/a.ts", "../../tests/b.ts"],
      ["src/main.ts", "./cli/b.ts"],
      ["src/main.ts", "./operator/b.ts"],
      ["src/main.ts", "./daemon/b.ts"],
      ["tests/base/a_test.ts", "../../src/build/b.ts"],
    ] as const
  ) assertEquals(imports(path, to), [], `${path} imports ${to}`);
  for (
    const [path, to] of [
      ["src/base/a.ts", "../aide/b.ts"],
      ["src/report/a.ts", "../plan/b.ts"],
      ["src/node/a.ts", "../main.ts"],
      ["src/node/a.ts", "../kube/b.ts"],
      ["src/kube/a.ts", "../node/b.ts"],
      ["src/kube/a.ts", "../operator/b.ts"],
      ["src/operator/a.ts", "../daemon/b.ts"],
      ["src/operator/a.ts", "../cli/b.ts"],
      ["src/daemon/a.ts", "../operator/b.ts"],
      ["src/daemon/a.ts", "../main.ts"],
      ["src/cli/a.ts", "../daemon/b.ts"],
      ["src/plan/a.ts", "../system/b.ts"],
      ["src/cli/a.ts", "../build/b.ts"],
      ["src/types/a.d.ts", "../build/b.ts"],
      ["src/cli/a.ts", "../../tests/b.ts"],
      ["src/cli/a.ts", "../extra/b.ts"],
      ["src/extra/a.ts", "./b.ts"],
      ["src/extra.ts", "./main.ts"],
    ] as const
  ) assertEquals(imports(path, to).length > 0, true, `${path} imports ${to}`);
});

Deno.test("layout: a module is in snake_case and says what is in it", () => {
  assertEquals(
    nameFaults([
      "src/base/path_text.ts",
      "src/types/deno_std.d.ts",
      "tests/base/path_text_test.ts",
    ]),
    [],
  );
  assertEquals(nameFaults(["tests/samples/aide-0.19.json"]), []);
  for (
    const path of [
      "src/base/pathText.ts",
      "src/base/path-text.ts",
      "src/base/utils.ts",
      "src/base/path_helper.ts",
      "src/common/path.ts",
      "src/node/scan_manager.ts",
    ]
  ) assertEquals(nameFaults([path]).length, 1, path);
});

Deno.test("layout: 400 lines are enough for a module of src", () => {
  assertEquals(lengthFaults([file("src/base/a.ts", "x\n".repeat(400))]), []);
  assertEquals(lengthFaults([file("src/base/a.ts", "x\n".repeat(401))]).length, 1);
});

Deno.test("layout: length figures", () => {
  const files = Array.from({ length: 10 }, (_, n) => file(`src/a/${n}.ts`, "x\n".repeat(n + 1)));
  assertEquals(lengthFigures(files), { files: 10, median: 5, p90: 9, longest: 10 });
  assertEquals(lengthFigures([]), { files: 0, median: 0, p90: 0, longest: 0 });
});

Deno.test("layout: what code may not say, and where", () => {
  const faults = (path: string, line: string): number =>
    codeFaults([file(path, `${line}\n`)]).length;
  const todo = "// TO" + "DO: later";
  for (
    const [path, line] of [
      ["src/cli/a.ts", "console.log(1);"],
      ["src/cli/a.ts", "const text = Deno.readTextFileSync(path);"],
      ["src/build/a.ts", "Deno.readTextFileSync(path);"],
      ["src/plan/a.ts", "const now = Date.now();"],
      ["src/plan/a.ts", "const now = new Date();"],
      ["src/report/a.ts", "await Deno.readFile(path);"],
      ["src/api/a.ts", "if (Math.random() > 0.5) return;"],
      ["src/base/a.ts", 'import { open } from "node:fs/promises";'],
      ["src/cli/a.ts", todo],
      ["tests/cli/a_test.ts", todo],
    ] as const
  ) assertEquals(faults(path, line), 1, `${path}: ${line}`);
  for (
    const [path, line] of [
      ["src/build/a.ts", "console.log(1);"],
      ["src/cli/a.ts", "// console.log is not for results"],
      ["src/node/a.ts", "const now = Date.now();"],
      ["src/plan/a.ts", "const then = new Date(text);"],
      ["src/plan/a.ts", "/** Date.now() is a parameter. */"],
      ["src/report/a.ts", "catch (cause) { if (cause instanceof Deno.errors.NotFound) return; }"],
      ["src/base/a.ts", 'import { createHash } from "node:crypto";'],
      ["src/api/a.ts", "const packed = deflateRawSync(bytes);"],
      ["tests/cli/a_test.ts", "console.log(Deno.readTextFileSync(path));"],
    ] as const
  ) assertEquals(faults(path, line), 0, `${path}: ${line}`);
});

Deno.test("layout: every exported symbol has a comment", () => {
  const symbol = (name: string, declarationKind: string, doc?: string, kind = "function") => ({
    name,
    declarations: [{
      kind,
      location: { filename: "file:///r/src/base/a.ts", line: 4 },
      declarationKind,
      ...(doc !== undefined && { jsDoc: { doc } }),
    }],
  });
  const documentation = {
    nodes: {
      "file:///r/src/base/a.ts": {
        symbols: [
          symbol("good", "export", "What it is."),
          symbol("inner", "private"),
          symbol("passed_on", "export", undefined, "reference"),
          symbol("bare", "export"),
          symbol("empty", "export", " "),
        ],
      },
      "file:///r/src/base/empty.ts": {},
    },
  };
  assertEquals(commentFaults(documentation, "file:///r/"), [
    "src/base/a.ts:5: bare is exported without a comment",
    "src/base/a.ts:5: empty is exported without a comment",
  ]);
});
