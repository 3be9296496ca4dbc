/**
 * Results by key, so that what is costly and always the same is made once. Bounded: of those that were not asked for
 * lately only `most` are kept beside up to `most` others.
 */
export class Remembered<Value> {
  readonly #most: number;
  #lately = new Map<string, Value>();
  #before: ReadonlyMap<string, Value> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string, make: () => Value): Value {
    const known = this.#lately.get(key);
    if (known !== undefined) return known;
    const value = this.#before.get(key) ?? make();
    if (this.#lately.size >= this.#most) {
      this.#before = this.#lately;
      this.#lately = new Map();
    }
    this.#lately.set(key, value);
    return value;
  }
}
