import { randomUUID } from "node:crypto";
import { messageBlocksProblems } from "./block-kit-limits.ts";
import { stringOf } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { Message } from "./model.ts";
import { blocksWithIds } from "./views.ts";
import { APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID } from "./world.ts";
import type { World } from "./world.ts";

/** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
export const RESPONSE_URL_LIFETIME_MS = 30 * 60_000;
export const RESPONSE_URL_USES = 5;

/** What an interaction's response_url answers to. */
export interface ResponseTarget {
  readonly channel: string;
  readonly user: string;
  /** The message clicked, for `replace_original` and `delete_original`. */
  readonly original?: Message;
}

export interface ResponseUrlAnswer {
  readonly status: number;
  readonly error?: string;
}

/** The response_urls handed out with slash commands and clicks. */
export class ResponseUrls {
  readonly #world: World;
  readonly #issued = new Map<string, { target: ResponseTarget; at: number; uses: number }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The last path part of a new response_url. */
  issue(target: ResponseTarget): string {
    const id = randomUUID();
    this.#issued.set(id, { target, at: this.#world.clock.now(), uses: 0 });
    return id;
  }

  answer(id: string, body: JsonObject): ResponseUrlAnswer {
    const issued = this.#issued.get(id);
    if (issued === undefined) return { status: 404, error: "no_such_url" };
    if (this.#world.clock.now() - issued.at > RESPONSE_URL_LIFETIME_MS) {
      return { status: 404, error: "expired_url" };
    }
    if (issued.uses >= RESPONSE_URL_USES) return { status: 404, error: "used_url" };
    if (body["blocks"] !== undefined && messageBlocksProblems(body["blocks"]).length > 0) {
      return { status: 400, error: "invalid_blocks" };
    }
    if (body["delete_original"] !== true && !hasContent(body)) {
      return { status: 400, error: "no_text" };
    }
    issued.uses += 1;
    this.respond(issued.target, body);
    return { status: 200 };
  }

  /** Carries out a response; a slash command's ack payload is one too. */
  respond(target: ResponseTarget, body: JsonObject): void {
    if (target.original !== undefined && body["delete_original"] === true) {
      this.#delete(target.original);
    } else if (target.original !== undefined && body["replace_original"] === true) {
      this.#replace(target.original, body);
    } else {
      this.#post(target, body);
    }
  }

  #post(target: ResponseTarget, body: JsonObject): void {
    const threadTs = stringOf(body["thread_ts"]);
    const message: Message = {
      type: "message",
      channel: target.channel,
      ts: this.#world.nextTs(),
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      user: BOT_USER_ID,
      bot_id: BOT_ID,
      app_id: APP_ID,
      team: TEAM_ID,
      ...contentOf(body),
    };
    if (body["response_type"] === "in_channel") this.#world.putMessage(message);
    else this.#world.putEphemeral({ to: target.user, message });
  }

  #replace(original: Message, body: JsonObject): void {
    const { blocks: _blocks, ...kept } = original;
    const message: Message = { ...kept, ...contentOf(body) };
    const ephemeral = this.#ephemeralOf(original);
    if (ephemeral === undefined) this.#world.putMessage(message);
    else this.#world.putEphemeral({ to: ephemeral, message });
  }

  #delete(original: Message): void {
    if (this.#ephemeralOf(original) === undefined) {
      this.#world.removeMessage(original.channel, original.ts);
    } else {
      this.#world.removeEphemeral(original.ts);
    }
  }

  #ephemeralOf(message: Message): string | undefined {
    return this.#world.ephemerals().find((each) => each.message.ts === message.ts)?.to;
  }
}

function hasContent(body: JsonObject): boolean {
  return (stringOf(body["text"]) ?? "") !== "" || body["blocks"] !== undefined;
}

function contentOf(body: JsonObject): Pick<Message, "text" | "blocks"> {
  const text = stringOf(body["text"]) ?? "";
  return body["blocks"] === undefined ? { text } : { text, blocks: blocksWithIds(body["blocks"]) };
}
