import type { LaneAnnouncer } from "#src/ports/chat/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import { alarmText, frozenText, overText, unfrozenText } from "./render/trouble/alarms.ts";
import { ToldMemory } from "./told-memory.ts";

interface AnnouncePorts {
  readonly chat: Chat;
  /** The approvers'; where none is configured the log is all there is. */
  readonly channel: string | undefined;
  readonly log: ChangeLog;
}

/** Posts an alarm to the approvers' channel, each time. */
export async function announce(ports: AnnouncePorts, subject: string, text: string): Promise<void> {
  ports.log.error({ subject, text }, "announcement");
  await post(ports, alarmText(text));
}

/** Says each text once, as long as the store remembers. */
export function createAnnouncer(
  ports: AnnouncePorts & { readonly lanes: LaneStore },
): LaneAnnouncer {
  const memory = new ToldMemory(ports.lanes, ports.log);
  return {
    async tell(key, text) {
      if (await memory.has(key, text)) return;
      const isTold = await ifPossible(ports, key, () => announce(ports, key, text));
      if (isTold) await memory.add(key, text);
    },

    async over(key) {
      const alarm = await memory.newest(key);
      if (alarm === undefined) return;
      ports.log.info({ subject: key }, "announcement is over");
      const isTold = await ifPossible(ports, key, () => post(ports, overText(alarm)));
      if (isTold) await memory.forget(key);
    },

    async carriedOut(order) {
      const key = `order:${order.id}`;
      const text = order.verdict === "freeze" ? frozenText(order) : unfrozenText(order);
      if (await memory.has(key, text)) return;
      ports.log.info({ cluster: order.cluster, decision: order.id }, "an order is carried out");
      const isTold = await ifPossible(ports, key, () => post(ports, text));
      if (isTold) await memory.add(key, text);
    },
  };
}

async function post({ chat, channel }: AnnouncePorts, text: string): Promise<void> {
  if (channel !== undefined) await chat.post(channel, undefined, { text });
}

/** False where only a person can make the message possible: then it is tried again with the next telling. */
async function ifPossible(
  { log }: AnnouncePorts,
  subject: string,
  tell: () => Promise<void>,
): Promise<boolean> {
  try {
    await tell();
    return true;
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    log.error({ subject, err: error }, "message not possible");
    return false;
  }
}
