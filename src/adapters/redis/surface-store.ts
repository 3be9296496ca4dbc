// This file is a schema boundary: a checked value gets the port's own type here.
/* oxlint-disable typescript/no-unsafe-type-assertion */
import { z } from "zod";
import { isOverwritten, unlessOverwritten, unlessUnreadable } from "#src/ports/errors.ts";
import type { Surface, SurfaceStore } from "#src/ports/chat/surfaces.ts";
import { type Field, fieldsOf, NOTHING_READ } from "./bounded.ts";
import { asking } from "./connection.ts";
import { openRecord, overwritten, parseText, type RecordParts, sealRecord } from "./records.ts";

/** Each message is judged alone: one that is not ours is left out and told, and is posted again. */
export function createSurfaceStore(parts: RecordParts): SurfaceStore {
  const { redis, signer, log } = parts;
  const { client, keys } = redis;
  return {
    async surfaces(requestId) {
      const stored = await readAll(parts, requestId);
      return stored
        .flatMap((each) => {
          const surface = readSurface(parts, requestId, each);
          return surface === undefined ? [] : [surface];
        })
        .toSorted((one, other) => one.key.localeCompare(other.key, "en"));
    },
    async put(requestId, surface) {
      const { key } = surface;
      const name = keys.surfaces(requestId);
      const text = JSON.stringify(sealRecord(signer, `surfaces:${requestId}:${key}`, surface));
      const doing = `recording a message of ${requestId}`;
      await unlessOverwritten(
        () => asking(doing, () => client.hset(name, key, text)),
        (err) => {
          log.error({ subject: requestId, err }, "places of messages were overwritten");
          return asking(doing, () => client.multi().del(name).hset(name, key, text).exec());
        },
      );
    },
  };
}

async function readAll({ redis, log }: RecordParts, requestId: string): Promise<readonly Field[]> {
  const read = {
    redis,
    key: redis.keys.surfaces(requestId),
    doing: `reading the messages of ${requestId}`,
    most: MOST_SURFACES,
  };
  const { elements, tooLong } = await unlessUnreadable(
    () => fieldsOf(read),
    (err) => {
      log.error({ subject: requestId, err }, "places of messages were overwritten");
      return NOTHING_READ;
    },
  );
  if (tooLong > 0) log.error({ subject: requestId, tooLong }, "places of messages are too long");
  return elements;
}

/** Far more than one request's thread holds. */
const MOST_SURFACES = 500;

/** `undefined` fields are absent in JSON; both read the same. */
const StoredSurface = z.object({
  key: z.string(),
  channel: z.string(),
  threadTs: z.string().optional(),
  ts: z.string().optional(),
  shown: z.string(),
});

function readSurface(
  parts: RecordParts,
  requestId: string,
  { field: key, text }: Field,
): Surface | undefined {
  const what = `a message of ${requestId}`;
  try {
    const value = openRecord(parts, `surfaces:${requestId}:${key}`, parseText(what, text));
    const surface = StoredSurface.safeParse(value);
    if (!surface.success) throw overwritten(what, surface.error);
    return { ...surface.data } as Surface;
  } catch (error) {
    if (!isOverwritten(error)) throw error;
    parts.log.error({ subject: requestId, err: error }, "the place of a message is not ours");
    return undefined;
  }
}
