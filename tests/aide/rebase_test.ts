import { assertEquals } from "@std/assert";
import { applyRebase, rebase } from "../../src/aide/rebase.ts";

Deno.test("rebase puts every form of a pattern below the host's root, or refuses it", () => {
  const cases: [string, string][] = [
    ["/", "/hostroot/"],
    ["/etc", "/hostroot/etc"],
    ["/$", "/hostroot/$"],
    ["/.*", "/hostroot/.*"],
    ["//etc", "/hostroot/etc"],
    ["/(etc|usr)/", "/hostroot/(etc|usr)/"],
    ["/[|]x", "/hostroot/[|]x"],
    ["/a\\|b", "/hostroot/a\\|b"],
    ["/\\Qa|(b\\E", "/hostroot/\\Qa|(b\\E"],
    ["/hostroot", "/hostroot"],
    ["/hostroot$", "/hostroot$"],
    ["/hostroot/", "/hostroot/"],
    ["/hostroot/etc", "/hostroot/etc"],
    ["/hostroot(/etc|/usr)", "/hostroot(/etc|/usr)"],
    ["/hostroot(?:/etc|/usr(/a|b))$", "/hostroot(?:/etc|/usr(/a|b))$"],
    ["/hostroot.*", "/hostroot/.*"],
    ["/hostroot.+x", "/hostroot/.+x"],
    ["/hostrootfoo", "/hostroot/hostrootfoo"],
    ["/hostroot.d/x", "/hostroot/hostroot.d/x"],
    ["/hostroot-backup", "/hostroot/hostroot-backup"],
    ["/hostroot\\.d", "/hostroot/hostroot\\.d"],
    ["/hostroot\\/etc", "ambiguous-root"],
    ["/hostroot\\d", "ambiguous-root"],
    ["/hostroot*", "ambiguous-root"],
    ["/hostroot?/etc", "ambiguous-root"],
    ["/hostroot{2}", "ambiguous-root"],
    ["/hostroot[/x]etc", "ambiguous-root"],
    ["/hostroot$x", "ambiguous-root"],
    ["/hostroot(/etc|usr)", "ambiguous-root"],
    ["/hostroot(/etc)?", "ambiguous-root"],
    ["/hostroot(?!/etc)", "ambiguous-root"],
    ["/?etc", "ambiguous-root"],
    ["/*", "ambiguous-root"],
    ["/etc|/usr", "alternation"],
    ["/hostroot/etc|/etc/shadow", "alternation"],
    ["/a//b", "bad-regex"],
    ["/a/(b)//c", "/hostroot/a/(b)//c"],
    ["/a(b", "bad-regex"],
    ["/a)b", "bad-regex"],
    ["/a[b", "bad-regex"],
    ["/a\\", "bad-regex"],
  ];
  for (const [regex, expected] of cases) {
    const rebased = rebase(regex);
    const result = "fault" in rebased ? rebased.fault.reason : applyRebase(regex, rebased);
    assertEquals(result, expected, regex);
  }
});
