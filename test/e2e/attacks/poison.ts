import type { Redis } from "ioredis";
import { WHOLE } from "#test/integration/adapters/redis/damage/damages.ts";
import { keysUnder, overwrite, unitsOf } from "#test/integration/adapters/redis/damage/units.ts";
import { byHand, type Copy } from "./redis-hands.ts";

/** One key as it is met. `sibling`: another of its shape, or of any. */
interface Met {
  readonly client: Redis;
  readonly key: string;
  readonly sibling: string;
  readonly older: Copy;
}

export type Damage = (met: Met) => Promise<unknown>;

/** Each text in the key becomes what this damage makes of it. */
function textual(what: keyof typeof WHOLE): Damage {
  return async ({ client, key }) => {
    // A stream has no texts of ours.
    if ((await client.type(key)) === "stream") return;
    for (const unit of await unitsOf(client, key))
      await overwrite(client, unit, WHOLE[what](unit.text));
  };
}

/** What can be done to a key, whatever it holds. */
export const KINDS: readonly (readonly [what: string, damage: Damage])[] = [
  [
    "of another type",
    async ({ client, key }) =>
      (await client.type(key)) === "string"
        ? client.multi().del(key).rpush(key, "x").exec()
        : client.set(key, "x"),
  ],
  ["junk text", textual("is garbage")],
  ["cut in half", textual("is cut in half")],
  ["1e400", textual("has a number beyond numbers")],
  ["a lone surrogate", textual("is a lone surrogate")],
  ["20 000 levels deep", textual("is nested deep")],
  ["missing", ({ client, key }) => client.del(key)],
  [
    "an older one put back",
    async ({ client, key, older }) => {
      const before = older.get(key);
      if (before !== undefined) await client.restore(key, before.keptMs, before.bytes, "REPLACE");
    },
  ],
  ["a sibling's", ({ client, key, sibling }) => client.copy(sibling, key, "REPLACE")],
];

/** Damages every key that is wanted, and says of which shapes they are. */
export async function poison(
  url: string,
  {
    older,
    damage,
    wanted,
  }: {
    readonly older: Copy;
    readonly damage: Damage;
    readonly wanted: (key: string) => boolean;
  },
): Promise<ReadonlySet<string>> {
  return byHand(url, async (client) => {
    const keys = (await keysUnder(client, "")).filter(wanted);
    for (const [index, key] of keys.entries()) {
      const alike = keys.filter((each) => each !== key && shapeOf(each) === shapeOf(key));
      const sibling = alike[index % alike.length] ?? keys[(index + 1) % keys.length] ?? key;
      await unlessGone(() => damage({ client, key, sibling, older }));
    }
    return new Set(keys.map(shapeOf));
  });
}

/** The system goes on writing meanwhile: what a key was a moment ago it may not be now. */
async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!Error.isError(error) || error.name !== "ReplyError") throw error;
  }
}

/** A key's name without what differs between keys of one kind. */
export function shapeOf(key: string): string {
  return key
    .replace(/EG-[0-9A-HJKMNP-TV-Z]{5}/, "ID")
    .replace(/:(source|surfaces|intake:item|bull:[a-z-]+:de|lane:announced:[a-z-]+):.*/, ":$1:ID")
    .replace(/:bull:([a-z-]+):(\d+|repeat:sweep:.*)/, ":bull:$1:JOB");
}

/** A key of the job queue: poisoned together with it, nothing that lies in ours would be handled. */
export function isQueue(key: string): boolean {
  return key.includes("}:bull:");
}
