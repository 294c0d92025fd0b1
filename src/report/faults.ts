/** Reasons why a report can't be trusted, bounded: the first few are kept, and that there were more. */
export class Faults {
  readonly #said: string[] = [];
  #total = 0;

  constructor(private readonly limit: number) {}

  get any(): boolean {
    return this.#total > 0;
  }

  add(sentence: string): void {
    this.#total++;
    if (this.#said.length < this.limit) this.#said.push(sentence);
  }

  list(): string[] {
    const hidden = this.#total - this.#said.length;
    if (hidden === 0 || this.#said.length === 0) return this.#said;
    return [...this.#said.slice(0, -1), `${hidden + 1} more faults`];
  }
}
