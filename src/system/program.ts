/** The program's name, in help, logs and completions. */
export const programName = "file-integrity-operator";

/** The program's version. */
export const programVersion = "0.1.0";

/** What the program runs from: in a bundle, the build puts the commit in place of these words. */
export const programOrigin = "run from source";
