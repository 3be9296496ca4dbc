import { RequestId } from "#src/domain/request/shapes.ts";
import type { Announcer } from "#src/ports/chat/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import {
  manyOverwrittenText,
  overwrittenPlaceText,
  overwrittenText,
} from "./render/trouble/alarms.ts";

/** So many are told one by one: who can write into the store can also damage thousands. */
const MOST = 20;

/**
 * Tells the approvers, once each, what is left out because it is not what one of us wrote: a request, or an index. Never
 * throws; what could not be told is told when it is read the next time.
 */
export function tellUnreadable({
  announcer,
  log,
}: {
  readonly announcer: Announcer;
  readonly log: ChangeLog;
}): (name: string, error: unknown) => void {
  const places = new Set<string>();
  return (name, err) => {
    log.error({ subject: name, err }, "what is stored is unreadable");
    // A field of an index has a name somebody else may have chosen.
    const [place = ""] = name.split(" ");
    if (places.has(place) || places.size > MOST) return;
    places.add(place);
    const key = places.size > MOST ? "overwritten:many" : `overwritten:${place}`;
    announcer.tell(key, textFor(place, places.size > MOST)).catch((error: unknown) => {
      places.delete(place);
      log.warn({ subject: place, err: error }, "announcement not possible");
    });
  };
}

function textFor(place: string, isOneOfMany: boolean): string {
  if (isOneOfMany) return manyOverwrittenText(MOST);
  return RequestId.safeParse(place).success ? overwrittenText(place) : overwrittenPlaceText(place);
}
