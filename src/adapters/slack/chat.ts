import type { WebClient } from "@slack/web-api";
import type { Chat, ChatBlock, ChatMessage } from "#src/ports/chat/chat.ts";
import { platformWord, slackError } from "./web-api-error.ts";

/** No link in a message is ever fetched or expanded: a host in a card must not make Slack visit it. */
const QUIET = { unfurl_links: false, unfurl_media: false, link_names: false } as const;

/**
 * `Chat` over Slack's Web API; the client is made with `rejectRateLimitedCalls`, so waiting is the caller's. Blocks are
 * plain JSON of our own renderers: the untyped call takes them as they are.
 */
export function createChat(client: WebClient): Chat {
  return {
    async post(channel, threadTs, message) {
      try {
        const posted = await client.apiCall("chat.postMessage", {
          channel,
          ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          ...content(message),
          ...QUIET,
        });
        const ts: unknown = Reflect.get(posted, "ts");
        if (typeof ts !== "string") throw new TypeError("chat.postMessage answered without ts");
        return ts;
      } catch (error) {
        throw slackError(`posting to channel ${channel}`, error);
      }
    },

    async update(channel, ts, message) {
      try {
        await client.apiCall("chat.update", {
          channel,
          ts,
          ...content(message),
          link_names: false,
        });
        return "updated";
      } catch (error) {
        const word = platformWord(error);
        if (word === "message_not_found" || word === "cant_update_message") return "gone";
        throw slackError(`updating message ${ts} in channel ${channel}`, error);
      }
    },

    // https://docs.slack.dev/reference/methods/chat.getPermalink
    async permalink(channel, ts) {
      try {
        return (await client.chat.getPermalink({ channel, message_ts: ts })).permalink;
      } catch (error) {
        if (platformWord(error) === "message_not_found") return undefined;
        throw slackError(`asking for the address of message ${ts} in channel ${channel}`, error);
      }
    },

    async whisper(channel, userId, threadTs, message) {
      try {
        await client.apiCall("chat.postEphemeral", {
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
function content(message: ChatMessage): {
  readonly text: string;
  readonly blocks: readonly ChatBlock[];
} {
  return { text: message.text, blocks: message.blocks ?? [] };
}
