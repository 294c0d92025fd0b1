import { ByteBuffer } from "../base/byte_buffer.ts";
import { LineSplitter } from "../base/line_splitter.ts";
import { latin1, latin1Bytes } from "../base/latin1.ts";
import { encodePath } from "../base/path_text.ts";
import type { Unverified, UnverifiedReason } from "../api/node_status.ts";
import { unescapeText } from "./aide_escape.ts";
import { warningMeaning } from "./stderr_messages.ts";

/** What AIDE said on stderr that a verdict must know. Totals are exact, lists and texts are bounded and printable. */
export interface Evidence {
  /** Paths that AIDE could not read, hash or reach; at most 100 items. */
  unverified: { total: number; items: Unverified[] };
  /** Errors, and warnings that make the whole run worthless: at most 20 lines of 500 characters. */
  errors: string[];
  /** At most 20 lines of 500 characters. */
  warnings: string[];
}

/** Takes AIDE's stderr in pieces of any size; never throws. */
export interface StderrParser {
  push(chunk: Uint8Array): void;
  end(): Evidence;
}

const lines = 20;
const lineCharacters = 500;
const paths = 100;
const pathCharacters = 16 * 1024;
const longestLine = 64 * 1024;
// AIDE pads the severity; colours are for terminals only.
const severity =
  /^ {0,3}(ERROR|WARNING|NOTICE|INFO|COMPARE|RULE|CONFIG|DEBUG|LIMIT|THREAD|TRACE): /;

class AideStderr implements StderrParser {
  readonly #root: string;
  readonly #errors: string[] = [];
  readonly #warnings: string[] = [];
  readonly #items = new Map<string, UnverifiedReason>();
  readonly #splitter: LineSplitter;
  readonly #scratch = new ByteBuffer();
  #total = 0;
  #last: string | undefined;

  constructor(root: string) {
    const bytes = new TextEncoder().encode(root.replace(/\/+$/, ""));
    this.#root = latin1(bytes, 0, bytes.length);
    const take = (bytes: Uint8Array, start: number, end: number): void =>
      this.#line(latin1(bytes, start, end));
    this.#splitter = new LineSplitter(longestLine, take, take);
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  end(): Evidence {
    const rest = this.#splitter.end();
    if (rest.length > 0) this.#line(latin1(rest, 0, rest.length));
    const items = [...this.#items].map(([path, reason]) => ({ path, reason }));
    return {
      unverified: { total: this.#total, items },
      errors: this.#errors,
      warnings: this.#warnings,
    };
  }

  #line(line: string): void {
    if (line.trim() === "") return;
    const level = severity.exec(line);
    const text = line.slice(level?.[0].length ?? 0);
    switch (level?.[1]) {
      case "WARNING":
        return this.#warning(text);
      case undefined: // the second half of a name with a newline, or a library's last words
      case "ERROR":
        return this.#say(this.#errors, text);
    }
  }

  #warning(text: string): void {
    const meaning = warningMeaning(text, this.#root);
    if (meaning.kind === "error") return this.#say(this.#errors, text);
    if (meaning.kind === "warning") return this.#say(this.#warnings, text);
    const path = this.#printable(this.#stripped(meaning.path)).slice(0, pathCharacters);
    // AIDE may say two things of one path; it is still one path.
    if (path === this.#last || this.#items.has(path)) return;
    this.#last = path;
    this.#total++;
    if (this.#items.size < paths) this.#items.set(path, meaning.reason);
  }

  #stripped(path: string): string {
    const root = this.#root;
    if (root === "" || !path.startsWith(root)) return path;
    const rest = path.slice(root.length);
    if (rest === "") return "/";
    return rest.startsWith("/") ? rest : path;
  }

  #say(list: string[], text: string): void {
    if (list.length >= lines) return;
    const shown = this.#printable(text);
    list.push(
      shown.length <= lineCharacters ? shown : `${shown.slice(0, lineCharacters - 1)}…`,
    );
  }

  /** AIDE's own escapes undone, then written as paths are everywhere. */
  #printable(text: string): string {
    const bytes = latin1Bytes(text);
    unescapeText(bytes, 0, bytes.length, this.#scratch);
    return encodePath(this.#scratch.view());
  }
}

/** Reads the stderr of one AIDE run. `root` is the root prefix (`""` or "/" for none) and is stripped from paths. */
export function stderrParser(root: string): StderrParser {
  return new AideStderr(root);
}
