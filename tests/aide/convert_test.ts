import { assertEquals, assertStringIncludes } from "@std/assert";
import { convertConfig } from "../../src/aide/convert.ts";

const header = `@@define DBDIR /var/lib/file-integrity
@@define LOGDIR /var/lib/file-integrity
database_in=file:@@{DBDIR}/aide.db.gz
database_out=file:@@{DBDIR}/aide.db.gz.new
gzip_dbout=yes
report_url=file:@@{LOGDIR}/aide.log.new
`;
const lines = header.trimEnd().split("\n").length;

/** Converts lines behind a header that needs no change; gives their new text. */
function converted(text: string): string {
  const { text: result } = convertConfig(header + text + "\n");
  return result.split("\n").slice(lines, -1).join("\n");
}

/** Notes, faults and advice of lines behind the header, as "line reason". */
function said(text: string): string[] {
  const { notes, faults, advice } = convertConfig(header + text + "\n");
  return [...notes, ...faults, ...advice]
    .map(({ line = NaN, reason }) => `${line - lines} ${reason}`);
}

Deno.test("convertConfig changes nothing in its own form", () => {
  const text = `${header}# a comment\n\nDATA = p + u\n  /hostroot/etc  f,d   DATA\n`;
  assertEquals(convertConfig(text), { text, notes: [], faults: [], advice: [] });
});

Deno.test("convertConfig rewrites as the documented table says", () => {
  const text = [
    "@@define DBDIR /blah",
    "@@define LOGDIR /blah",
    "database=file:@@{DBDIR}/something",
    "database_out=file:@@{DBDIR}/aide.db.new.gz",
    "report_url=file:@@{LOGDIR}/coolaide.log",
    "/etc/crowbar p",
    "!/usr/multipass",
    "/hostroot/etc p",
    "!/hostroot/var/",
    "# other",
  ].join("\n");
  assertEquals(convertConfig(`${text}\n`).text.split("\n").slice(0, 10), [
    "@@define DBDIR /var/lib/file-integrity",
    "@@define LOGDIR /var/lib/file-integrity",
    "database_in=file:@@{DBDIR}/aide.db.gz",
    "database_out=file:@@{DBDIR}/aide.db.gz.new",
    "report_url=file:@@{LOGDIR}/aide.log.new",
    "/hostroot/etc/crowbar p",
    "!/hostroot/usr/multipass",
    "/hostroot/etc p",
    "!/hostroot/var/",
    "# other",
  ]);
});

Deno.test("convertConfig gives one note for a line, with its number, before and after", () => {
  const { notes } = convertConfig(`${header}/etc p\n\n  -/tmp  # why\n`);
  assertEquals(notes.map(({ message: _, ...note }) => note), [
    { line: 7, reason: "rebased", before: "/etc p", after: "/hostroot/etc p" },
    { line: 9, reason: "rebased", before: "  -/tmp  # why", after: "  !/hostroot/tmp" },
  ]);
  for (const word of ["/hostroot", "0.18", "comment"]) {
    assertStringIncludes(notes[1]?.message ?? "", word);
  }
});

Deno.test("convertConfig adds what is missing, and says so once, of no line of the text", () => {
  const { text, notes } = convertConfig("/etc p\ngzip_dbout=yes\n");
  const added = header.replace("gzip_dbout=yes\n", "");
  assertEquals(text, `/hostroot/etc p\ngzip_dbout=yes\n${added}`);
  assertEquals(notes.map(({ line, reason }) => [line, reason]), [
    [1, "rebased"],
    [undefined, "added"],
  ]);
  assertEquals(notes[1], {
    reason: "added",
    message:
      "added at the end, as the operator needs it: DBDIR, LOGDIR, database_in, database_out, report_url",
    before: "",
    after: added.trimEnd(),
  });
});

Deno.test("convertConfig converts lines", () => {
  const cases: [string, string, ...string[]][] = [
    // rules
    ["/etc p", "/hostroot/etc p", "1 rebased"],
    ["  /etc\tf\tp", "  /hostroot/etc\tf\tp", "1 rebased"],
    ["=/var$ d p", "=/hostroot/var$ d p", "1 rebased"],
    ["/x p\n-/a/", "/hostroot/x p\n!/hostroot/a/", "1 rebased", "2 rebased"],
    ["/x p\n-/a/ f,l", "/hostroot/x p\n!/hostroot/a/ f,l", "1 rebased", "2 rebased"],
    ["/x p\n!/a/ R", "/hostroot/x p\n!/hostroot/a/", "1 rebased", "2 rebased"],
    ["/x p\n!/a/ f", "/hostroot/x p\n!/hostroot/a/ f", "1 rebased", "2 rebased"],
    ["/hostroot/a 0,f p", "/hostroot/a f p", "1 syntax"],
    ["/hostroot/a 0 p", "/hostroot/a 0 p"],
    ["/hostroot/a p # why", "/hostroot/a p", "1 trailing-comment"],
    ["/hostroot/my\\ app p", "/hostroot/my\\ app p"],
    // groups and attributes
    ["A_B=p\n/hostroot/a A_B", "AB=p\n/hostroot/a AB", "1 renamed-group", "2 renamed-group"],
    [
      "AB=u\nA_B=p\n/hostroot/a A_B+AB",
      "AB=u\nAB2=p\n/hostroot/a AB2+AB",
      "2 renamed-group",
      "3 renamed-group",
    ],
    ["r=p\n/hostroot/a r", "R2=p\n/hostroot/a R2", "1 renamed-group", "2 renamed-group"],
    ["A = p#c\n/hostroot/a p", "A = p#c\n/hostroot/a p", "1 syntax"],
    ["/hostroot/a S", "/hostroot/a growing+s", "1 replaced-attribute"],
    ["/hostroot/a tiger", "/hostroot/a sha256", "1 replaced-attribute"],
    ["/hostroot/a whirlpool+tiger", "/hostroot/a sha512", "1 replaced-attribute"],
    ["/hostroot/a sha512+tiger-haval", "/hostroot/a sha512", "1 replaced-attribute"],
    ["/hostroot/a R-md5+haval", "/hostroot/a R-md5+sha256", "1 replaced-attribute"],
    ["A=p+sha1\n/hostroot/a A+crc32", "A=p+sha1\n/hostroot/a A", "2 replaced-attribute"],
    ["A=p\n/hostroot/a A+crc32", "A=p\n/hostroot/a A+sha256", "2 replaced-attribute"],
    ["/hostroot/a fstype-p", "/hostroot/a E-p", "1 replaced-attribute"],
    ["/hostroot/a sha3_512+sha512_256", "/hostroot/a sha512", "1 replaced-attribute"],
    // macros
    ["@@define T usr\n/@@{T}/x p", "@@define T usr\n/hostroot/usr/x p", "2 expanded-macro"],
    ["@@define T usr\n/@@{T}* p", "@@define T usr\n/hostroot/usr* p", "2 expanded-macro"],
    ["@@define T /usr\n/@@{T}/x p", "@@define T /usr\n/hostroot/usr/x p", "2 expanded-macro"],
    ["@@define T hostroot\n/@@{T}/x p", "@@define T hostroot\n/hostroot/x p", "2 expanded-macro"],
    ["@@define T (a|b)\n/x/@@{T} p", "@@define T (a|b)\n/hostroot/x/@@{T} p", "2 rebased"],
    [
      "@@define T a\n@@define T b\n/@@{T} p",
      "@@define T a\n@@define T b\n/hostroot/b p",
      "3 expanded-macro",
    ],
    ["@@define T p+u\n/hostroot/x @@{T}", "@@define T p+u\n/hostroot/x p+u", "2 expanded-macro"],
    ["@@define T /x\n@@{T} p", "@@define T /x\n/hostroot/x p", "2 expanded-macro"],
    ["/hostroot/x-@@{HOSTNAME} p", "/hostroot/x-@@{HOSTNAME} p"],
    [
      "@@ifdef A\n/hostroot/x p\n@@endif\n/hostroot/y p",
      "@@if defined A\n/hostroot/x p\n@@endif\n/hostroot/y p",
      "1 renamed-macro",
    ],
    [
      "@@ifnhost a.b\n/hostroot/x p\n@@endif",
      "@@if not hostname a.b\n/hostroot/x p\n@@endif",
      "1 renamed-macro",
      "1 host-name",
    ],
    [
      "@@if exists /etc/x\n/hostroot/x p\n@@endif",
      "@@if exists /hostroot/etc/x\n/hostroot/x p\n@@endif",
      "1 rebased",
    ],
    [
      "/hostroot/x p\n@@if defined A\n# nothing\n@@endif",
      "/hostroot/x p\n# taken out: @@if defined A\n# nothing\n# taken out: @@endif",
      "2 empty-branch",
      "4 empty-branch",
    ],
    [
      "@@if defined A\nreport_url=stdout\n@@else\n/hostroot/x p\n@@endif",
      "@@if not defined A\n# taken out: report_url=stdout\n# taken out: @@else\n/hostroot/x p\n@@endif",
      "1 empty-branch",
      "2 our-report",
      "3 empty-branch",
    ],
    [
      "/hostroot/x p\n@@if defined A\n@@if defined B\nreport_url=stdout\n@@endif\n@@endif",
      "/hostroot/x p\n# taken out: @@if defined A\n# taken out: @@if defined B\n" +
      "# taken out: report_url=stdout\n# taken out: @@endif\n# taken out: @@endif",
      "2 empty-branch",
      "3 empty-branch",
      "4 our-report",
      "5 empty-branch",
      "6 empty-branch",
    ],
  ];
  for (const [text, expected, ...reasons] of cases) {
    assertEquals(converted(text), expected, text);
    assertEquals(said(text), reasons, text);
  }
});

Deno.test("convertConfig decides on every option", () => {
  const cases: [string, string, ...string[]][] = [
    ["database_in=file:/x", "# taken out: database_in=file:/x", "our-database"],
    ["database_in=https://x/y", "# taken out: database_in=https://x/y", "our-database"],
    ["database_new=file:/x", "# taken out: database_new=file:/x", "our-database"],
    ["gzip_dbout=no", "# taken out: gzip_dbout=no", "our-database"],
    ["report_url=syslog:LOG_AUTH", "# taken out: report_url=syslog:LOG_AUTH", "our-report"],
    ["report_url=fd:1", "# taken out: report_url=fd:1", "our-report"],
    ["verbose=20", "log_level=warning", "renamed-option"],
    ["log_level=debug", "log_level=warning", "our-log-level"],
    ["log_level=error", "log_level=warning", "our-log-level"],
    ["log_level=warning", "log_level=warning"],
    ["report_level=list_entries", "report_level=changed_attributes", "hides-changes"],
    ["report_level=added_removed_entries", "report_level=added_removed_entries"],
    ["report_format=json", "# taken out: report_format=json", "our-report"],
    ["report_format=plain", "report_format=plain"],
    ["report_quiet=yes", "# taken out: report_quiet=yes", "our-report"],
    ["report_quiet=no", "report_quiet=no"],
    ["report_append=true", "# taken out: report_append=true", "our-report"],
    ["report_detailed_init=yes", "# taken out: report_detailed_init=yes", "our-report"],
    ["report_grouped=no", "# taken out: report_grouped=no", "our-report"],
    ["grouped=no", "# taken out: grouped=no", "our-report"],
    ["grouped = yes", "report_grouped = yes", "renamed-option"],
    ["summarize_changes=true", "report_summarize_changes=true", "renamed-option"],
    ["ignore_list=m", "# taken out: ignore_list=m", "hides-changes"],
    [
      "report_ignore_changed_attrs=m",
      "# taken out: report_ignore_changed_attrs=m",
      "hides-changes",
    ],
    ["report_ignore_added_attrs=m", "# taken out: report_ignore_added_attrs=m", "hides-changes"],
    [
      "report_ignore_removed_attrs=m",
      "# taken out: report_ignore_removed_attrs=m",
      "hides-changes",
    ],
    ["report_ignore_e2fsattrs=VNIE", "report_ignore_e2fsattrs=VNIE"],
    ["report_ignore_e2fsattrs=iVa", "report_ignore_e2fsattrs=V", "hides-changes"],
    ["report_ignore_e2fsattrs=ia", "# taken out: report_ignore_e2fsattrs=ia", "hides-changes"],
    ["report_ignore_e2fsattrs=0", "report_ignore_e2fsattrs=0"],
    ["report_attributes=p+tiger", "report_force_attrs=p+sha256", "replaced-attribute"],
    ["report_base16=yes", "report_base16=yes"],
    ["num_workers=50%", "# taken out: num_workers=50%", "our-workers"],
    ["database_attrs=sha256+whirlpool", "database_attrs=sha256", "replaced-attribute"],
    ["database_attrs=E", "database_attrs=E"],
    ["database_attrs=p", "database_attrs=p", "bad-value"],
    ["database_add_metadata=no", "database_add_metadata=no"],
    ["config_version=1.2\\ b", "config_version=1.2\\ b"],
    ["acl_no_symlink_follow=yes", "acl_no_symlink_follow=yes"],
    ["warn_dead_symlinks=maybe", "warn_dead_symlinks=maybe", "bad-value"],
    ["root_prefix=/hostroot/", "# taken out: root_prefix=/hostroot/", "root-prefix"],
    ["root_prefix=/mnt", "root_prefix=/mnt", "root-prefix"],
    ["recstop=/mnt", "# taken out: recstop=/mnt", "removed-option"],
    ["@@begin_config abc", "# taken out: @@begin_config abc", "removed-option"],
    ["@@undef DBDIR", "# taken out: @@undef DBDIR", "our-database"],
    ["databse_in=file:/x", "databse_in=file:/x", "unknown-option"],
    ["report_quite=no", "report_quite=no", "unknown-option"],
    ["typo_option=p", "typo_option=p", "unknown-option"],
    ["sha512=p", "sha512=p", "redefined-attribute"],
    ["config_version=", "config_version=", "bad-value"],
    ["config_version=a b", "config_version=a b", "syntax"],
  ];
  for (const [line, expected, ...reasons] of cases) {
    assertEquals(converted(`${line}\n/hostroot/x p`), `${expected}\n/hostroot/x p`, line);
    assertEquals(said(`${line}\n/hostroot/x p`), reasons.map((reason) => `1 ${reason}`), line);
  }
});

Deno.test("convertConfig puts the operator's lines where macros are defined and no condition is", () => {
  const late = convertConfig("database_in=file:/x\n@@define DBDIR /x\n/hostroot/x p\n").text;
  assertEquals(late.split("\n").slice(0, 2), [
    "# taken out: database_in=file:/x",
    "@@define DBDIR /var/lib/file-integrity",
  ]);
  const inside = convertConfig(
    "@@if hostname a\n@@define DBDIR /x\n/hostroot/y p\n@@endif\n/hostroot/x p\n",
  ).text;
  assertStringIncludes(inside, "# taken out: @@define DBDIR /x");
  assertStringIncludes(inside, "@@endif\n/hostroot/x p\n@@define DBDIR /var/lib/file-integrity\n");
});

Deno.test("convertConfig keeps what DBDIR meant in the user's rules", () => {
  const { text } = convertConfig(
    "@@define DBDIR /var/db\n@@define F @@{DBDIR}/a\n/hostroot/x p\n!/@@{F}$\n",
  );
  assertStringIncludes(text, "\n!/hostroot/var/db/a$\n");
});

Deno.test("convertConfig takes the endings of lines as one change", () => {
  const { text, notes } = convertConfig(`\ufeff${header}/hostroot/etc p`.replaceAll("\n", "\r\n"));
  assertEquals(text, `${header}/hostroot/etc p\n`);
  assertEquals(notes.map(({ line, reason }) => `${line} ${reason}`), [
    "1 line-endings",
    "1 line-endings",
    "7 line-endings",
  ]);
});

Deno.test("convertConfig says once what excludes without an end leave out", () => {
  const { advice } = convertConfig(
    `${header}/hostroot/ p\n!/hostroot/var\n!/hostroot/a$\n!/hostroot/opt\n`,
  );
  assertEquals(advice.map(({ line, reason }) => `${line} ${reason}`), ["8 unanchored-exclude"]);
  assertStringIncludes(advice[0]?.message ?? "", "likewise in lines 10");
});

Deno.test("convertConfig warns of rules that do less than they seem to", () => {
  const cases: [string, string][] = [
    ["/hostroot/home/.+/x p", "never-matches"],
    ["/hostroot/my%20app p", "percent-escape"],
    ["LOGS=p+ANF\n/hostroot/x LOGS", "hides-new-or-removed"],
    ["/hostroot/x p+ARF", "hides-new-or-removed"],
  ];
  for (const [text, reason] of cases) assertEquals(said(text), [`1 ${reason}`], text);
});
