import { assertEquals } from "@std/assert";
import { asFault, NodeFault } from "../../src/node/fault.ts";

const withCode = (message: string, code: string): Error =>
  Object.assign(new Error(message), { code });

Deno.test("a file of the state that may not be opened: reading may be what is refused", () => {
  for (const code of ["EACCES", "EPERM"]) {
    const error = withCode("Permission denied (os error 13): open '/state/aide.db.gz'", code);
    const fault = asFault(error, "/state");
    assertEquals([fault instanceof NodeFault && fault.reason, fault.message], [
      "state-unwritable",
      "State directory /state can't be used: Permission denied (os error 13): open " +
      "'/state/aide.db.gz'; run as root, or make it readable and writable",
    ]);
  }
});
