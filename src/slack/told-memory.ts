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
 * that an alarm is told while the store is away, and by each process once. What this process saw end does not count as told
 * by what the store says later: somebody may have put an older document back. Rather twice than not at all.
 */
export class ToldMemory {
  readonly #store: LaneStore;
  readonly #log: ChangeLog;
  readonly #unsaved = new Map<string, Told>();
  /** Digests told before an alarm was over, and not again by this process. */
  readonly #over = new Map<string, Set<string>>();

  constructor(store: LaneStore, log: ChangeLog) {
    this.#store = store;
    this.#log = log;
  }

  async has(key: string, text: string): Promise<boolean> {
    const stored = await this.#read(key);
    const unsaved = this.#unsaved.get(key);
    if (unsaved !== undefined && stored !== "away") await this.#save(key, merged(stored, unsaved));
    const said = digest(text);
    if (this.#over.get(key)?.has(said) === true) return false;
    return [stored === "away" ? undefined : stored, unsaved].some((told) =>
      told?.digests.includes(said),
    );
  }

  async add(key: string, text: string): Promise<void> {
    const stored = await this.#read(key);
    const before = stored === "away" ? this.#unsaved.get(key) : stored;
    this.#over.get(key)?.delete(digest(text));
    await this.#save(key, merged(before, { digests: [digest(text)], newest: text }));
  }

  /** The newest text told under a key; undefined where there is none, or the store is away. */
  async newest(key: string): Promise<string | undefined> {
    const stored = await this.#read(key);
    return stored === "away" ? undefined : (this.#unsaved.get(key) ?? stored)?.newest;
  }

  /** @throws RetryableError where the store does not answer. */
  async forget(key: string): Promise<void> {
    const told = await this.#read(key);
    await this.#store.remove(documentOf(key));
    if (told !== undefined && told !== "away") {
      const before = this.#over.get(key) ?? [];
      keep(this.#over, key, new Set([...before, ...told.digests].slice(-TEXTS)));
    }
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
      keep(this.#unsaved, key, told);
    }
  }

  #onAway(subject: string, error: unknown): void {
    if (!(error instanceof RetryableError)) throw error;
    this.#log.warn({ subject, reason: error }, "what was told is remembered by this process only");
  }
}

/** The oldest makes room. */
function keep<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > KEYS && oldest !== undefined) memory.delete(oldest);
}

function merged(before: Told | undefined, { digests, newest }: Told): Told {
  return { digests: [...(before?.digests ?? []), ...digests].slice(-TEXTS), newest };
}

function documentOf(key: string): string {
  return `announced:${key}`;
}
