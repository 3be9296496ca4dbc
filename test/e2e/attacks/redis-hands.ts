import { Redis } from "ioredis";
import { keysUnder } from "#test/integration/adapters/redis/damage/units.ts";

/* What somebody does to a Redis by hand, with `redis-cli`. */

export async function byHand<Answer>(
  url: string,
  work: (client: Redis) => Promise<Answer>,
): Promise<Answer> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

/** Some keys, as bytes that put them back, and how long each is kept; 0 for ever. */
export type Copy = ReadonlyMap<string, { readonly bytes: Buffer; readonly keptMs: number }>;

export function copyOf(url: string, wanted: (key: string) => boolean = () => true): Promise<Copy> {
  return byHand(url, async (client) => {
    const copy = new Map<string, { readonly bytes: Buffer; readonly keptMs: number }>();
    for (const key of (await keysUnder(client, "")).filter(wanted)) {
      const keptMs = Math.max(await client.pttl(key), 0);
      const bytes = await client.dumpBuffer(key);
      if (bytes !== null) copy.set(key, { bytes, keptMs });
    }
    return copy;
  });
}

/** At once, so that nobody sees a part of it. `emptied`: what was written since goes, too. */
export async function putBack(
  url: string,
  copy: Copy,
  { emptied = false }: { readonly emptied?: boolean } = {},
): Promise<void> {
  await byHand(url, async (client) => {
    const transaction = client.multi();
    if (emptied) transaction.flushall();
    for (const [key, { bytes, keptMs }] of copy) transaction.restore(key, keptMs, bytes, "REPLACE");
    for (const [error] of (await transaction.exec()) ?? []) if (error !== null) throw error;
  });
}

/** Of a copy, what is about this request. */
export function aboutRequest(copy: Copy, id: string): Copy {
  return new Map([...copy].filter(([key]) => key.endsWith(`}:request:${id}`)));
}
