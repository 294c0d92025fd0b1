/** What each reason of an `Errored` result means, and what to do about it. */

import type { ErrorReason } from "../error_reasons.ts";

/** A reason in words for people. Both texts are sentences; commands and fields stand in backquotes. */
export interface ErrorGuide {
  meaning: string;
  remedy: string;
}

const anew =
  "a re-init first looks at the node with the old one, and that can't be done any more, so delete the FileIntegrity and " +
  "apply it again. Its results and logs go with it; the old databases stay on the nodes as backups.";

const rebuilt =
  "Use an image of this product as it was built, or one with AIDE 0.18 or 0.19 of a distribution";

const tries = "The next scan tries again.";

/** Every reason of an `Errored` result. */
export const errorGuide = {
  "write-error": {
    meaning: "AIDE could not write its report.",
    remedy:
      "Free space on the node's file system with `/var/lib/file-integrity`, and look in the node's kernel log for " +
      `errors of its disk. ${tries}`,
  },
  "invalid-argument": {
    meaning:
      "AIDE does not know an argument that it was called with: it is not one that this product was made for.",
    remedy: `${rebuilt}. With \`scan\`, name the right one by \`--aide\`.`,
  },
  "unimplemented": {
    meaning: "AIDE was asked for something that it can't do, as it was built without that part.",
    remedy: `Take what \`errorMessage\` names out of the AIDE configuration. ${rebuilt}.`,
  },
  "config-error": {
    meaning:
      "AIDE on the node refuses the configuration; `errorMessage` names the line. The operator has AIDE check each " +
      "configuration before it goes live, so in a cluster the node's AIDE is another one than the operator's.",
    remedy:
      "Correct that line in the ConfigMap of `spec.config`. `config check FILE` tells of every fault at once. In a " +
      "cluster, see that all pods have the image of the operator.",
  },
  "io-error": {
    meaning:
      "AIDE could not open, read or write a file of its own: the database or the configuration.",
    remedy:
      "Look in the node's kernel log for errors of the disk with `/var/lib/file-integrity`, and free space there. " +
      `Where the database can't be read any more: ${anew}`,
  },
  "version-mismatch": {
    meaning: "AIDE does not read the database, as another version of AIDE wrote it.",
    remedy:
      "Ask for new databases: nobody can say what changed since the old ones, and they say so. Or go back to " +
      "the image that took them.",
  },
  "exec-error": {
    meaning: "AIDE could not run a program that its configuration names.",
    remedy:
      "A configuration that runs programs is refused before it goes live, so this should not be seen. Take " +
      "`@@x_include` out of the configuration.",
  },
  "lock-error": {
    meaning: "Another AIDE holds the lock of a file that this one needs.",
    remedy:
      "End whatever else runs AIDE with files below `/var/lib/file-integrity` on that node, such as a job of cron. " +
      tries,
  },
  "out-of-memory": {
    meaning: "AIDE ran out of memory.",
    remedy:
      "Raise `spec.resources.limits.memory` (600Mi by default), or select fewer files in the configuration.",
  },
  "thread-error": {
    meaning: "AIDE could not start a thread to hash with.",
    remedy:
      "Raise the number of processes that the node's kubelet lets a pod have (`podPidsLimit`), or lower " +
      "`spec.resources.limits.cpu`: there is a thread for each CPU, four at most. With `scan`, give fewer `--workers`.",
  },
  "database-error": {
    meaning:
      "The database is broken: AIDE wrote it incompletely, or can't read it to its end although it is the recorded one.",
    remedy:
      "Look in the node's kernel log for errors of the disk with `/var/lib/file-integrity`. Then ask for a new " +
      "baseline.",
  },
  "interrupted": {
    meaning: "AIDE was told to end by a signal that this product did not send.",
    remedy:
      `${tries} Where it comes again, find out what sends signals to processes of pods on that node.`,
  },
  "hash-refused": {
    meaning:
      "AIDE's hash library refuses an algorithm that the configuration asks for, as it does in FIPS mode.",
    remedy:
      "Use `sha256` or `sha512` in the configuration in place of older ones such as `md5` and `rmd160`. Where the databases " +
      "were taken with those, ask for new ones: nobody can say what changed since, and they say so.",
  },
  "killed": {
    meaning:
      "AIDE was killed by a signal, which `errorMessage` names. SIGKILL mostly comes from the kernel, for want of " +
      "memory.",
    remedy:
      "With SIGKILL, raise `spec.resources.limits.memory` (600Mi by default), or see whether the node itself has too " +
      "little. With SIGBUS or SIGSEGV, look in the node's kernel log for errors of its disks. " +
      tries,
  },
  "not-runnable": {
    meaning: "The AIDE program is there, or should be, and can't be run.",
    remedy:
      `${rebuilt}, for the architecture of the node. With \`scan\`, see what \`--aide\` names.`,
  },
  "unknown-exit-code": {
    meaning:
      "AIDE ended with a status that none of its versions defines, so nobody can say what it found.",
    remedy: `${rebuilt}. ${tries}`,
  },
  "aide-missing": {
    meaning: "There is no AIDE, or it does not start.",
    remedy:
      `${rebuilt}. For \`scan\`, install the package \`aide\`, or name the program by \`--aide\`.`,
  },
  "aide-too-old": {
    meaning:
      "AIDE is older than 0.18: such a one hides errors, and lets names of files forge reports.",
    remedy: `${rebuilt}. For \`scan\`, install AIDE 0.18 or newer.`,
  },
  "aide-timeout": {
    meaning:
      "AIDE did not end in the time that it has (6 hours in a cluster, `--timeout` with `scan`), and was killed.",
    remedy:
      "A file system hangs, or a network file system is scanned as well. See on the node whether `ls` of its mounts " +
      "answers, and exclude what is not the node's own in the configuration.",
  },
  "aide-error": {
    meaning: "AIDE ended as if all were well, and told of errors. They stand in `errorMessage`.",
    remedy:
      "Mend what AIDE's words name. Where that is a path which is not worth it, exclude it in the configuration.",
  },
  "report-incomplete": {
    meaning: "AIDE's report has no end, so changes may be missing in it.",
    remedy:
      `${tries} Where it comes again, free space on the node's file system with \`/var/lib/file-integrity\`, and ` +
      "look in the node's kernel log for killed processes and errors of its disks.",
  },
  "report-contradicts": {
    meaning:
      "AIDE's exit status and its two reports do not say the same, so none of them is believed.",
    remedy:
      `${tries} Where it comes again, the AIDE is not one that this product was made for, or somebody tampers ` +
      "with it: compare the image's digest with the one that you installed.",
  },
  "coverage-collapsed": {
    meaning:
      "More than half of what the baseline has is gone. That is rather a missing mount than a change of files.",
    remedy:
      "See what is mounted on the node, and whether the pod's volume `host-root` has all of it. Where the files are " +
      "gone on purpose, ask for a new baseline.",
  },
  "unverified": {
    meaning:
      "Some paths could not be verified, so that a change of them would go unseen. They stand in " +
      "`lastResult.unverified`, each with its reason.",
    remedy: "Mend what that reason says, or exclude the paths in the configuration.",
  },
  "nothing-selected": {
    meaning: "The configuration selects no file of the node.",
    remedy:
      "Correct its rules: a path is that of the node, such as `/etc`, or begins with `/hostroot`, such as " +
      "`/hostroot/etc`.",
  },
  "root-missing": {
    meaning: "The root of the host is not there for the pod, is empty, or can't be read.",
    remedy:
      "See by `kubectl describe pod` whether the volume `host-root` is mounted. On OpenShift the pod needs the " +
      "SecurityContextConstraints `file-integrity-daemon`. With `scan`, see what `--root` names.",
  },
  "baseline-lost": {
    meaning:
      "The database that scans are compared with is gone from the node, or the record of it from the cluster. A new " +
      "disk does that, or a deleted FileIntegrityNodeStatus, or somebody who hides something. Neither an update of the " +
      "node nor a changed configuration replaces it.",
    remedy:
      "Find out why before you go on. Then ask for a new baseline (`re-init` with the node's name, or `scan --re-init`): " +
      "it tells that nobody knows what changed before, and covers an update that is over as well.",
  },
  "baseline-altered": {
    meaning:
      "The database, or the configuration beside it, is not the one that was recorded when the baseline was taken. " +
      "Neither an update of the node nor a changed configuration replaces it.",
    remedy:
      "Treat the node as one that somebody may have taken over, until you know better. With a backup of the state " +
      "directory, put the recorded files back. Otherwise ask for a new baseline once you trust the node.",
  },
  "disk-full": {
    meaning:
      "There is no room on the node's file system with the state directory, or a quota is used up.",
    remedy:
      "Free space on the file system with `/var/lib/file-integrity`. `spec.config.maxBackups` says how many old " +
      "databases are kept there.",
  },
  "state-missing": {
    meaning: "The state directory, or a file in it, went while a scan was running.",
    remedy: "See that nothing on the node cleans up `/var/lib/file-integrity`.",
  },
  "state-unwritable": {
    meaning: "The state directory, or a file in it, can't be read or written.",
    remedy:
      "See whether the file system with `/var/lib/file-integrity` is mounted read-only, as the kernel does after " +
      "errors of a disk. On a host with SELinux the pod needs the type `spc_t`. Run `scan` as root.",
  },
  "state-unusable": {
    meaning:
      "The state directory is in use by another scan, belongs to somebody else, is writable for others, or holds what " +
      "is not of the state. `errorMessage` says which.",
    remedy:
      "Do what `errorMessage` says: end the other scan, give the directory to root and to nobody else (`chown`, " +
      "`chmod 700`), or move what does not belong there to another place.",
  },
  "not-published": {
    meaning:
      "The API server does not take the result, or the log, and would not take it next time. What was found stands in " +
      "`errorMessage`. Beside `Failed` it is about the log alone.",
    remedy:
      "Apply the manifests of the version that runs: the CustomResourceDefinitions, the roles and the admission " +
      "policy.",
  },
  "internal-error": {
    meaning: "A fault of this product.",
    remedy: "See the log of the pod, and report it with what it says. The next scan tries again.",
  },
} as const satisfies Record<ErrorReason, ErrorGuide>;
