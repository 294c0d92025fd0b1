/** Progress of something that takes minutes, for whoever waits at a terminal or reads a log. */

const everyMilliseconds = 15_000;
const columns = 100;

/** One line on stderr that is written over again on a terminal; elsewhere a line every 15 seconds. */
export class ProgressLine {
  readonly #terminal: boolean;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  #said = -Infinity;
  #open = false;

  constructor(
    terminal: boolean = Deno.stderr.isTerminal(),
    write = (text: string): void => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
    now = (): number => performance.now(),
  ) {
    this.#terminal = terminal;
    this.#write = write;
    this.#now = now;
  }

  /** Says how far it is now; elsewhere than on a terminal most of these are not written. */
  update(text: string): void {
    if (this.#terminal) {
      this.#write(`\r${text.slice(0, columns).padEnd(columns)}`);
      this.#open = true;
    } else if (this.#now() - this.#said >= everyMilliseconds) {
      this.#write(`${text}\n`);
      this.#said = this.#now();
    }
  }

  /** Says something that stays. */
  say(text: string): void {
    this.end();
    this.#write(`${text}\n`);
  }

  /** Leaves the line that is written over. */
  end(): void {
    if (this.#open) this.#write("\n");
    this.#open = false;
  }
}
