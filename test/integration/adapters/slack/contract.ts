import { beforeEach, describe, expect, it } from "@jest/globals";
import { WebClient } from "@slack/web-api";
import { FatalError } from "#src/ports/errors.ts";
import type { Chat, ChatMessage } from "#src/ports/chat/chat.ts";
import { renderedPayloads } from "#test/unit/slack/rendered-payloads.ts";

export interface Workspace {
  readonly chat: Chat;
  /** The same workspace and bot, for a client that is not Sallyport. */
  readonly client: WebClient;
  /** Id of a channel the bot is in. */
  readonly channel: string;
  /** Id of a member of that channel. */
  readonly user: string;
}

/**
 * What every `Chat` keeps to, whatever is behind it: a channel with the bot and a person in it, and the scope
 * `chat:write`, are all it needs.
 */
export function describeChatContract(name: string, connect: () => Workspace): void {
  describe(`the chat port over ${name}`, () => {
    let chat: Chat;
    let client: WebClient;
    let channel: string;
    let user: string;
    beforeEach(() => {
      ({ chat, client, channel, user } = connect());
    });

    it("posts, and answers with the message's own ts", async () => {
      const first = await chat.post(channel, undefined, PLAIN);
      const second = await chat.post(channel, undefined, BLOCKS);

      for (const ts of [first, second]) expect(ts).toMatch(/^\d{10}\.\d{6}$/);
      expect(second > first).toBe(true);
    });

    it("says where a message is, and that a deleted one is nowhere", async () => {
      const ts = await chat.post(channel, undefined, PLAIN);
      expect(await chat.permalink(channel, ts)).toMatch(
        new RegExp(`^https://.*/archives/${channel}/p${ts.replace(".", "")}$`),
      );

      await client.chat.delete({ channel, ts });
      expect(await chat.permalink(channel, ts)).toBeUndefined();
    });

    it("posts into a thread", async () => {
      const root = await chat.post(channel, undefined, PLAIN);
      const reply = await chat.post(channel, root, BLOCKS);

      expect(reply > root).toBe(true);
    });

    it("updates what it posted, with blocks and without", async () => {
      const ts = await chat.post(channel, undefined, PLAIN);

      expect(await chat.update(channel, ts, BLOCKS)).toBe("updated");
      expect(await chat.update(channel, ts, PLAIN)).toBe("updated");
      // The same again is not an error.
      expect(await chat.update(channel, ts, PLAIN)).toBe("updated");
    });

    it("says that a deleted message is gone", async () => {
      const ts = await chat.post(channel, undefined, PLAIN);
      await client.chat.delete({ channel, ts });

      expect(await chat.update(channel, ts, BLOCKS)).toBe("gone");
    });

    it("whispers to one person, in a channel and in a thread", async () => {
      const root = await chat.post(channel, undefined, PLAIN);

      await expect(chat.whisper(channel, user, undefined, PLAIN)).resolves.toBeUndefined();
      await expect(chat.whisper(channel, user, root, BLOCKS)).resolves.toBeUndefined();
    });

    it("takes what the limits allow: fifty blocks, three thousand characters", async () => {
      const block = section("x".repeat(3000));
      const blocks = [block, ...Array.from({ length: 49 }, () => section("line"))];

      await expect(chat.post(channel, undefined, { text: "long", blocks })).resolves.toBeDefined();
    });

    it.each<readonly [what: string, message: ChatMessage]>([
      ["fifty-one blocks", { text: "x", blocks: Array.from({ length: 51 }, () => section("x")) }],
      ["thirteen thousand characters in all", { text: "x", blocks: FIVE_LONG }],
      ["a text over three thousand characters", { text: "x", blocks: [section("x".repeat(3001))] }],
      ["a block of no known type", { text: "x", blocks: [{ type: "no_such_block" }] }],
    ])("refuses %s for good", async (_what, message) => {
      await expect(chat.post(channel, undefined, message)).rejects.toMatchObject({
        name: "FatalError",
        code: "BadMessage",
      });
    });

    it("takes every kind of message and window that is rendered", async () => {
      // It waits as long as it is told to: this method has limits of its own.
      const patient = new WebClient(client.token, { slackApiUrl: client.slackApiUrl });
      const problems = [];
      for (const payload of renderedPayloads()) {
        const answer = patient.apiCall("blocks.validate", { ...payload });
        const error = await answer.catch((refused: unknown) => refused);
        if (Error.isError(error))
          problems.push({ error: dataOf(error), of: JSON.stringify(payload).slice(0, 200) });
      }

      expect(problems).toEqual([]);
    }, 300_000);

    it.each([
      ["blocks", "invalid_blocks", ""],
      ["message", "invalid_message", "/blocks"],
    ])("says where %s are wrong", async (what, error, root) => {
      const blocks = [{ type: "section", text: { type: "invalid", text: "x" } }];
      const payload = { [what]: what === "blocks" ? blocks : { blocks } };

      await expect(client.apiCall("blocks.validate", payload)).rejects.toMatchObject({
        data: {
          error,
          errors: [
            {
              code: "failed_constraint",
              pointer: `${root}/0/text/type`,
              constraint: { type: "enum", expected: ["plain_text", "mrkdwn"] },
            },
          ],
        },
      });
    });

    it("judges exactly one payload", async () => {
      const payloads = [{}, { blocks: BLOCKS.blocks, message: { blocks: BLOCKS.blocks } }];

      for (const payload of payloads)
        await expect(client.apiCall("blocks.validate", payload)).rejects.toMatchObject({
          data: { error: "invalid_arguments" },
        });
    });

    it("says that a channel cannot be posted to", async () => {
      const posting = chat.post("C0NOSUCHCH", undefined, PLAIN);

      await expect(posting).rejects.toBeInstanceOf(FatalError);
      await expect(posting).rejects.toMatchObject({ code: "NotInChannel" });
    });
  });
}

const FIVE_LONG = Array.from({ length: 5 }, () => section("x".repeat(2600)));
const PLAIN: ChatMessage = { text: "contract: a plain message with &lt;escaped&gt; text" };
const BLOCKS: ChatMessage = {
  text: "contract: a message with blocks",
  blocks: [
    section("*contract*: a section"),
    {
      type: "rich_text",
      elements: [
        { type: "rich_text_section", elements: [{ type: "text", text: "literal *text*" }] },
      ],
    },
    {
      type: "actions",
      elements: [
        {
          type: "button",
          action_id: "contract",
          text: { type: "plain_text", text: "Button" },
          value: "{}",
        },
      ],
    },
  ],
};

function dataOf(error: Error): unknown {
  return Reflect.get(error, "data") ?? error.message;
}

function section(text: string) {
  return { type: "section", text: { type: "mrkdwn", text } };
}
