import { randomInt, randomUUID } from "node:crypto";
import type { Clock } from "#src/ports/clock.ts";
import type { Ids } from "#src/ports/ids.ts";

/** Crockford's base32, which leaves out I, L, O and U. https://www.crockford.com/base32.html */
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const REQUEST_ID_LENGTH = 5;

/** Ids from the system's random source; a request id that is taken already is noticed by the store. */
export function createIds(): Ids {
  return {
    requestId() {
      let text = "";
      while (text.length < REQUEST_ID_LENGTH) text += CROCKFORD.charAt(randomInt(CROCKFORD.length));
      return `EG-${text}`;
    },
    unique: () => randomUUID(),
  };
}

export const systemClock: Clock = { now: () => Date.now() };
