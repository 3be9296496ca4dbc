import type { WebClient } from "@slack/web-api";
import type { Chat, ChatMessage } from "#src/ports/chat.ts";
import { platformWord, slackError } from "./web-api-error.ts";

/** No link in a message is ever fetched or expanded: a host in a card must not make Slack visit it. */
const QUIET = { unfurl_links: false, unfurl_media: false, link_names: false } as const;

/** `Chat` over Slack's Web API; the client is made with `rejectRateLimitedCalls`, so waiting is the caller's. */
export function createChat(client: WebClient): Chat {
  return {
    async post(channel, threadTs, message) {
      try {
        const posted = await client.chat.postMessage({
          channel,
          ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          ...content(message),
          ...QUIET,
        });
        if (posted.ts === undefined) throw new TypeError("chat.postMessage answered without ts");
        return posted.ts;
      } catch (error) {
        throw slackError(`posting to channel ${channel}`, error);
      }
    },

    async update(channel, ts, message) {
      try {
        await client.chat.update({ channel, ts, ...content(message), link_names: false });
        return "updated";
      } catch (error) {
        const word = platformWord(error);
        if (word === "message_not_found" || word === "cant_update_message") return "gone";
        throw slackError(`updating message ${ts} in channel ${channel}`, error);
      }
    },

    async whisper(channel, userId, threadTs, message) {
      try {
        await client.chat.postEphemeral({
          channel,
          user: userId,
          ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          ...content(message),
          link_names: false,
        });
      } catch (error) {
        throw slackError(`answering ${userId} in channel ${channel}`, error);
      }
    },
  };
}

/** An update without `blocks` would leave none; an empty list is sent so that both kinds of message behave alike. */
function content(message: ChatMessage) {
  // Blocks are plain JSON made by our own renderers; the SDK's union of block types adds nothing to them.
  return { text: message.text, blocks: (message.blocks ?? []) as never[] };
}
