import { assertEquals } from "@std/assert";
import { aideRun } from "../aide_binaries.ts";
import { type TestHost, testPolicy } from "./test_host.ts";

/** What AIDE alone says of a host, called as an administrator would call it. */
export interface BareAnswer {
  code: number;
  report: string;
}

/** Asserts that AIDE alone found everything in order. */
export function assertFooled({ code, report }: BareAnswer): void {
  assertEquals([code, /Looks okay/.test(report)], [0, true], report);
}

/** AIDE without the product, on the files of a test host and with a database of its own. */
export class BareAide {
  readonly #host: TestHost;
  readonly #database: string;
  /** The program; another one to look with other rights. */
  program: string;

  constructor(host: TestHost) {
    this.#host = host;
    this.#database = `${host.directory}/bare.db.gz`;
    this.program = host.aide.path;
  }

  async #run(action: string, policy: string): Promise<BareAnswer> {
    const { root } = this.#host;
    const config = `${this.#host.directory}/bare.conf`;
    await Deno.writeTextFile(
      config,
      `${policy.replaceAll("/hostroot", "")}
root_prefix=${root}
database_in=file:${this.#database}
database_out=file:${this.#database}
gzip_dbout=yes
report_url=stdout
`,
    );
    const { code, stdoutText } = await aideRun(this.program, [`--config=${config}`, action]);
    return { code, report: stdoutText };
  }

  /** Makes its database. */
  async init(policy = testPolicy): Promise<void> {
    assertEquals((await this.#run("--init", policy)).code, 0);
  }

  /** Compares the host with it. */
  check(policy = testPolicy): Promise<BareAnswer> {
    return this.#run("--check", policy);
  }

  /** Asserts that AIDE alone finds everything in order: the trap is sprung. */
  async isFooled(policy = testPolicy): Promise<void> {
    assertFooled(await this.check(policy));
  }
}
