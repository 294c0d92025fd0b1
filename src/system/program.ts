/** The program's name, in help, logs and completions. */
export const programName = "file-integrity-operator";

/** The program's version. */
export const programVersion = "0.1.0";
