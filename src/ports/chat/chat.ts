/** A rendered message: `text` carries the whole gist (notifications and screen readers use it instead of the blocks). */
export interface ChatMessage {
  readonly text: string;
  /** Block Kit blocks, or none for a plain message. */
  readonly blocks?: readonly ChatBlock[];
}

/** One Block Kit block as JSON; made by `slack/render/`, within Slack's limits. */
export type ChatBlock = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * Messages out. Throws `RetryableError` (rate limited, with `retryAfterMs`; network; 5xx) or `FatalError` (`NotInChannel`,
 * `ChannelGone`, `MissingScope`, `BadMessage`). A post whose answer was lost may have been carried out: the caller stores
 * its intent before and accepts a second copy.
 */
export interface Chat {
  /** Answers with the message's `ts`. */
  post(channel: string, threadTs: string | undefined, message: ChatMessage): Promise<string>;
  /** `gone`: the message was deleted; it has to be posted anew. */
  update(channel: string, ts: string, message: ChatMessage): Promise<"updated" | "gone">;
  /** The address of a message; undefined where it is not there any more. */
  permalink(channel: string, ts: string): Promise<string | undefined>;
  /** Seen by one person only; lost when they reload. */
  whisper(
    channel: string,
    userId: string,
    threadTs: string | undefined,
    message: ChatMessage,
  ): Promise<void>;
}
