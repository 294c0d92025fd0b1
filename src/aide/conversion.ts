/** What `convertConfig` says about a configuration: its changes, its refusals and its warnings. */

/** Why a line of the user's text was changed. */
export type NoteReason =
  | "rebased" // a rule, or a path in a condition, was put below /hostroot
  | "pruning-exclude" // `-/path` became `!/path`, which means the same here
  | "our-database" // a database location was replaced or removed
  | "our-report" // a report destination or form was replaced or removed
  | "our-workers" // the number of workers is set per node
  | "our-log-level" // AIDE's warnings are evidence and stay on
  | "hides-changes" // an option would have kept changes out of the report
  | "renamed-option" // an option of an older AIDE got its present name
  | "removed-option" // an option that no AIDE from 0.18 on knows
  | "renamed-macro" // `@@ifdef` and relatives became `@@if`
  | "renamed-group" // a group name that AIDE warns of, or refuses
  | "replaced-attribute" // an attribute that not all of AIDE 0.18 and 0.19 know
  | "expanded-macro" // a macro's value was written out
  | "root-prefix" // the option's value went into the rules
  | "empty-branch" // AIDE refuses a condition without statements
  | "trailing-comment" // AIDE from 0.17 on refuses a comment after a rule or a group
  | "syntax" // a spelling that only older versions of AIDE take
  | "line-endings" // CRLF, a byte order mark or a missing last newline
  | "added"; // lines that were missing

/** Why a configuration was refused. */
export type FaultReason =
  | "too-large"
  | "line-too-long"
  | "control-character"
  | "include"
  | "syntax"
  | "unknown-macro"
  | "unsupported-condition"
  | "unbalanced-condition"
  | "unresolved-macro"
  | "unknown-option"
  | "bad-value"
  | "undefined-group"
  | "redefined-attribute"
  | "unknown-file-type"
  | "file-system-type"
  | "bad-regex"
  | "alternation"
  | "ambiguous-root"
  | "root-prefix"
  | "no-hash"
  | "selects-nothing";

/** What a line does that its author may not expect, although it stands as it was written. */
export type AdviceReason =
  | "unanchored-exclude"
  | "never-matches"
  | "percent-escape"
  | "hides-new-or-removed"
  | "host-name";

/** One change to the user's text. `after` is what stands there now: a line, or those that were added, "\n" between them. */
export interface ConversionNote {
  /** 1-based line of the user's text; absent of lines that were added behind its last one. */
  line?: number;
  reason: NoteReason;
  message: string;
  before: string;
  after: string;
}

/** One reason why the text can't be used, with the remedy in its message. */
export interface ConversionFault {
  /** 1-based line of the user's text. */
  line: number;
  reason: FaultReason;
  message: string;
}

/** Something to know about a line that was left as it is. */
export interface ConversionAdvice {
  /** 1-based line of the user's text. */
  line: number;
  reason: AdviceReason;
  message: string;
}

/** Result of `convertConfig`. `text` is to be used only when there are no faults. */
export interface Conversion {
  text: string;
  notes: ConversionNote[];
  faults: ConversionFault[];
  advice: ConversionAdvice[];
}
