import type { Announcer } from "#src/ports/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat.ts";
import type { LaneStore } from "#src/ports/lane-store.ts";
import { escapeText } from "./render/text.ts";

/** Posts to the approvers' channel, each time; where none is configured, the log is all there is. */
export async function announce(
  ports: { readonly chat: Chat; readonly channel: string | undefined; readonly log: ChangeLog },
  subject: string,
  text: string,
): Promise<void> {
  const { chat, channel, log } = ports;
  log.error({ subject, text }, "announcement");
  if (channel !== undefined)
    await chat.post(channel, undefined, { text: `:rotating_light: ${escapeText(text)}` });
}

/** Says each text once, as long as the store remembers. */
export function createAnnouncer(ports: {
  readonly chat: Chat;
  readonly lanes: LaneStore;
  readonly channel: string | undefined;
  readonly log: ChangeLog;
}): Announcer {
  const { chat, lanes, channel, log } = ports;
  return {
    async tell(key, text) {
      const at = `announced:${key}`;
      if ((await lanes.read(at)) === text) return;
      await announce({ chat, channel, log }, key, text);
      await lanes.write(at, text);
    },
    async over(key) {
      await lanes.remove(`announced:${key}`);
    },
  };
}
