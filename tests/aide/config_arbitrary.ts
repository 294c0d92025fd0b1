import fc from "fast-check";

const name = fc.constantFrom(
  "A",
  "B",
  "A_B",
  "AB",
  "my_group",
  "R",
  "DBDIR",
  "LOGDIR",
  "TOP",
  "x1",
);
const attribute = fc.oneof(
  fc.constantFrom(
    "p",
    "u",
    "sha256",
    "sha512",
    "md5",
    "tiger",
    "haval",
    "S",
    "fstype",
    "R",
    ">",
    "E",
  ),
  name,
);
const expression = fc.array(attribute, { minLength: 1, maxLength: 4 }).chain((names) =>
  fc.array(fc.constantFrom("+", "-", " + "), { minLength: names.length, maxLength: names.length })
    .map((operators) =>
      names.map((each, index) => index === 0 ? each : operators[index] + each).join("")
    )
);
const regexPiece = fc.constantFrom(
  ..."/ hostroot etc @@{TOP} @@{DBDIR} @@{A} .* .+ (a|/b) (/a|/b) | $ \\. \\/ \\\\ \\  \\@ [^/] ? * + {2} é -x ^ ) ("
    .split(" "),
);
const regex = fc.array(regexPiece, { maxLength: 6 }).map((pieces) => `/${pieces.join("")}`);
const rule = fc.tuple(
  fc.constantFrom("", "!", "=", "-", "  ", "\t!"),
  fc.oneof(regex, fc.constantFrom("/hostroot", "/hostroot/etc", "/etc", "/")),
  fc.constantFrom("", " f", " f,d", " 0", " 0,l", " d=tmpfs"),
  fc.oneof(expression.map((text) => ` ${text}`), fc.constant("")),
  fc.constantFrom("", " # why"),
).map((parts) => parts.join(""));
const option = fc.tuple(
  fc.constantFrom(
    ..."database database_in database_out database_new database_attrs gzip_dbout verbose log_level"
      .split(" "),
    ..."report_url report_level report_quiet grouped ignore_list root_prefix num_workers typo"
      .split(" "),
  ),
  fc.constantFrom("=", " = "),
  fc.constantFrom(
    "yes",
    "no",
    "5",
    "file:/x",
    "file:@@{DBDIR}/x",
    "stdout",
    "summary",
    "/hostroot",
    "sha256",
    "E",
    "\\ ",
  ),
).map((parts) => parts.join(""));
const macro = fc.oneof(
  fc.tuple(name, fc.constantFrom("", " a", " /usr", " @@{A}x", " a|b", " hostroot", " (a|b)"))
    .map(([each, value]) => `@@define ${each}${value}`),
  fc.tuple(
    fc.constantFrom("if defined", "ifdef", "ifndef", "ifhost", "undef", "if not exists"),
    name,
  )
    .map(([each, argument]) => `@@${each} ${argument}`),
  fc.constantFrom("@@else", "@@endif", "@@endif", "@@if exists /etc", "@@include /x"),
);
const block = fc.tuple(
  fc.constantFrom("@@ifdef A", "@@if hostname x", "@@ifndef TOP"),
  rule,
  option,
  fc.boolean(),
)
  .map(([open, first, second, both]) =>
    `${open}\n${first}\n${both ? `@@else\n${second}\n` : ""}@@endif`
  );
const line = fc.oneof(
  rule,
  rule,
  option,
  macro,
  block,
  expression.map((text) => `A_B = ${text}`),
  fc.constantFrom("", "# x", "other"),
);
/** Texts of the language of aide.conf, most of them with faults. */
export const config = fc.tuple(
  fc.array(line, { maxLength: 12 }),
  fc.constantFrom("\n", "\r\n"),
  fc.constantFrom("", "\n"),
)
  .map(([lines, ending, last]) => lines.join(ending) + last);
// Without whole-text faults a conversion goes further; a rule that selects makes that likely.
/** Texts with a rule that selects, and conditions that pair: many of them convert without faults. */
export const sane = fc.array(fc.oneof(rule, option, block), { maxLength: 6 }).map((lines) =>
  ["A=p+sha1", "B = u", "TOP=g", ...lines, "/etc p", ""].join("\n")
);
/** Any text. */
export const anything = fc.oneof(
  config,
  sane,
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.string({ unit: "grapheme" }),
);
