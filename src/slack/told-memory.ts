import { z } from "zod";
import { digest } from "#src/domain/canonical.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";

/** What was told under one key: digests of the texts, and the newest text. */
const Told = z.object({ digests: z.array(z.string()), newest: z.string() });
type Told = z.infer<typeof Told>;

/** Texts of one key that are remembered, and keys this process remembers for itself. */
const TEXTS = 50;
const KEYS = 1000;

/**
 * Which alarms were told. Kept in the store; what could not be kept there is in this process's memory until it can, so
 * that an alarm is told while the store is away, and by each process once.
 */
export class ToldMemory {
  readonly #store: LaneStore;
  readonly #log: ChangeLog;
  readonly #unsaved = new Map<string, Told>();

  constructor(store: LaneStore, log: ChangeLog) {
    this.#store = store;
    this.#log = log;
  }

  async has(key: string, text: string): Promise<boolean> {
    const stored = await this.#read(key);
    const unsaved = this.#unsaved.get(key);
    if (unsaved !== undefined && stored !== "away") await this.#save(key, merged(stored, unsaved));
    return [stored === "away" ? undefined : stored, unsaved].some((told) =>
      told?.digests.includes(digest(text)),
    );
  }

  async add(key: string, text: string): Promise<void> {
    const stored = await this.#read(key);
    const before = stored === "away" ? this.#unsaved.get(key) : stored;
    await this.#save(key, merged(before, { digests: [digest(text)], newest: text }));
  }

  /** The newest text told under a key; undefined where there is none, or the store is away. */
  async newest(key: string): Promise<string | undefined> {
    const stored = await this.#read(key);
    return stored === "away" ? undefined : (this.#unsaved.get(key) ?? stored)?.newest;
  }

  /** @throws RetryableError where the store does not answer. */
  async forget(key: string): Promise<void> {
    await this.#store.remove(documentOf(key));
    this.#unsaved.delete(key);
  }

  async #read(key: string): Promise<Told | undefined | "away"> {
    try {
      return Told.safeParse(await this.#store.read(documentOf(key))).data;
    } catch (error) {
      this.#onAway(key, error);
      return "away";
    }
  }

  async #save(key: string, told: Told): Promise<void> {
    try {
      await this.#store.write(documentOf(key), told);
      this.#unsaved.delete(key);
    } catch (error) {
      this.#onAway(key, error);
      this.#unsaved.set(key, told);
      const [oldest] = this.#unsaved.keys();
      if (this.#unsaved.size > KEYS && oldest !== undefined) this.#unsaved.delete(oldest);
    }
  }

  #onAway(subject: string, error: unknown): void {
    if (!(error instanceof RetryableError)) throw error;
    this.#log.warn({ subject, reason: error }, "what was told is remembered by this process only");
  }
}

function merged(before: Told | undefined, { digests, newest }: Told): Told {
  return { digests: [...(before?.digests ?? []), ...digests].slice(-TEXTS), newest };
}

function documentOf(key: string): string {
  return `announced:${key}`;
}
