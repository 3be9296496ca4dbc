import { createHash } from "node:crypto";

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

/**
 * Results of verifying something, once for what it says and for the keys that are trusted. Whatever a result rests on has
 * to be in `said`.
 */
export class VerifiedOnce<Value> {
  readonly #most: number;
  readonly #by = new WeakMap<object, Remembered<Value>>();

  constructor(most: number) {
    this.#most = most;
  }

  get(trust: object, said: readonly unknown[], verify: () => Value): Value {
    let known = this.#by.get(trust);
    if (known === undefined) {
      known = new Remembered(this.#most);
      this.#by.set(trust, known);
    }
    const key = createHash("sha256").update(JSON.stringify(said)).digest("base64");
    return known.get(key, verify);
  }
}
