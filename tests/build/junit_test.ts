import { assertEquals, assertThrows } from "@std/assert";
import { addTotals, countTests, failedTests, totalsLine } from "../setup/junit.ts";
import { splitArguments, testGroups } from "../setup/test_groups.ts";

const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="7" failures="2" errors="0" time="0.070">
    <testsuite name="./a_test.ts" tests="6" disabled="1" errors="0" failures="2">
        <testcase name="one" classname="./a_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="left out" classname="./a_test.ts" time="0.000" line="2" col="6">
            <skipped/>
        </testcase>
        <testcase name="bad &lt;failure&quot;" classname="./a_test.ts" time="0.014" line="3" col="6">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="a &gt; b" classname="./a_test.ts" time="0.041" line="4" col="6">
        </testcase>
        <testcase name="bad &lt;failure&quot; &gt; st1" classname="./a_test.ts" time="0.000" line="3" col="46">
        </testcase>
        <testcase name="bad &lt;failure&quot; &gt; st2 &gt; deep" classname="./a_test.ts" time="0.002" line="3" col="75">
            <failure message="Uncaught Error: x">Error: &lt;/testcase&gt;</failure>
        </testcase>
    </testsuite>
    <testsuite name="./b_test.ts" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="one &gt; two" classname="./b_test.ts" time="0.001" line="1" col="6">
        </testcase>
    </testsuite>
</testsuites>
`;

Deno.test("junit: tests are counted, their steps are not", () => {
  assertEquals(countTests(report), { passed: 3, failed: 1, skipped: 1 });
});

Deno.test("junit: what a filter left out is not counted, what it chose and was skipped is", () => {
  const filtered = report.replace('time="0.001" line="1"', 'line="1"').replace(
    'line="1" col="6">\n',
    'line="1" col="6">\n            <skipped/>\n',
  );
  assertEquals(countTests(filtered), { passed: 2, failed: 1, skipped: 2 });
  assertEquals(countTests(filtered, true), { passed: 2, failed: 1, skipped: 1 });
});

Deno.test("junit: what failed is named with its reason, a test that failed by its step by that", () => {
  assertEquals(failedTests(report), [
    { title: './a_test.ts => bad <failure" > st2 > deep', reason: "Error: </testcase>" },
  ]);
  assertEquals(
    failedTests(report.replace("1 test step failed.<", "Error: &quot;&amp;lt;&quot;<")),
    [
      { title: './a_test.ts => bad <failure"', reason: 'Error: "&lt;"' },
      { title: './a_test.ts => bad <failure" > st2 > deep', reason: "Error: </testcase>" },
    ],
  );
});

Deno.test("junit: a text that is no report is an error, not zero tests", () => {
  assertThrows(() => countTests(""), SyntaxError);
});

Deno.test("junit: the closing line names skipped tests only where there are some", () => {
  assertEquals(totalsLine({ passed: 12, failed: 0, skipped: 0 }), "12 passed, 0 failed");
  const sum = addTotals({ passed: 1, failed: 2, skipped: 3 }, { passed: 1, failed: 0, skipped: 0 });
  assertEquals(totalsLine(sum), "2 passed, 2 failed, 3 skipped");
});

Deno.test("test arguments: a flag keeps the value that follows it, the rest are paths", () => {
  assertEquals(splitArguments(["tests/aide", "--filter", "a b", "--fail-fast", "tests/api"]), {
    flags: ["--filter=a b", "--fail-fast"],
    paths: ["tests/aide", "tests/api"],
  });
});

Deno.test("test groups: tests that start programs or fill disks run one file at a time", () => {
  const files = [
    ...["tests/aide/convert_test.ts", "tests/kube/retry_test.ts"],
    ...["tests/node/scan_test.ts", "tests/cluster/keeper_test.ts", "tests/main_test.ts"],
  ];
  assertEquals(testGroups(files), {
    parallel: ["tests/aide/convert_test.ts", "tests/kube/retry_test.ts"],
    serial: ["tests/node/scan_test.ts", "tests/cluster/keeper_test.ts", "tests/main_test.ts"],
    integration: [],
    clusters: [],
  });
});

Deno.test("test groups: those that start clusters of their own come after those on the one cluster", () => {
  const below = (names: string[]): string[] => names.map((name) => `tests/integration/${name}`);
  assertEquals(
    testGroups(below([
      ...["api/refused_test.ts", "cluster/two_clusters_test.ts"],
      ...["kube/informer_test.ts", "kube/soak_test.ts"],
    ])),
    {
      parallel: [],
      serial: [],
      integration: below(["api/refused_test.ts", "kube/informer_test.ts", "kube/soak_test.ts"]),
      clusters: below(["cluster/two_clusters_test.ts"]),
    },
  );
});
