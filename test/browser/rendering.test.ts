import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { JsonObject } from "#test/simulators/slack/json.ts";
import type { Message } from "#test/simulators/slack/model.ts";
import { messageLines } from "#test/simulators/slack/rendering.ts";
import { renderedPayloads } from "#test/unit/slack/rendered-payloads.ts";
import { screenshot, tooWide } from "./steps.ts";
import { type Looked, tryPage, type TriedPage } from "./try-page.ts";

/* What is shown of messages: everything Sallyport can say, and what nobody expected. */

let tried: TriedPage;
/** In the order they stand in the channel. */
let all: readonly Message[];

beforeAll(async () => {
  tried = await tryPage();
  const { world } = tried.installation.slack;
  world.addChannel({ name: "gallery", id: "C0GALLERY0" });
  all = renderedPayloads().map((payload) => {
    const { blocks } = "message" in payload ? payload.message : payload.view;
    return post("C0GALLERY0", { text: "", blocks: blocks as readonly JsonObject[] });
  });
}, 120_000);
afterAll(async () => {
  await tried[Symbol.asyncDispose]();
});

function post(channel: string, content: Required<Pick<Message, "text" | "blocks">>): Message {
  const { world } = tried.installation.slack;
  return world.putMessage({
    type: "message",
    channel,
    ts: world.nextTs(),
    user: "U0SALLYPORT",
    team: "T0HOME0000",
    ...content,
  });
}

/** Words that are the same however emoji, moments and marks are shown; where a link leads is not read. */
function wordsIn(text: string): readonly string[] {
  return text.replaceAll(/ \(https:[^)\s]+\)|:[a-z_]+:/gu, " ").match(/[\p{L}\p{N}]{3,}/gu) ?? [];
}

/** Of moments: a zone is named in what the page does not show. */
const NOT_SHOWN = /^(?:UTC|\d+)$/u;

describe("every kind of message and window Sallyport has", () => {
  it("is shown whole, with nothing left over, and as wide as a phone", async () => {
    const { page, problems } = await tried.look({ me: "alice", place: "C0GALLERY0", width: 360 });
    const shown = page.locator(".channel .message");
    await page.locator(`[data-ts="${all.at(-1)?.ts}"]`).waitFor();
    expect(await shown.count()).toBe(all.length);
    expect(await page.locator(".unknown").allTextContents()).toEqual([]);
    const texts = await shown.allInnerTexts();
    const { world } = tried.installation.slack;
    const lost = all.flatMap((message, index) => {
      const read = new Set(wordsIn(texts[index] ?? ""));
      return wordsIn(messageLines(world, message).join("\n")).filter(
        (word) => !read.has(word) && !NOT_SHOWN.test(word),
      );
    });
    expect([...new Set(lost)]).toEqual([]);
    expect(await tooWide(page)).toEqual([]);
    expect(problems).toEqual([]);
    await screenshot(page, "gallery-360");
    await page.close();
  }, 150_000);
});

describe("what nobody expected", () => {
  let looked: Looked;
  beforeAll(async () => {
    looked = await tried.look({
      me: "alice",
      place: "C0TEAMY000",
      width: 1280,
      timezone: "Asia/Tokyo",
    });
  });

  it.each([
    ["a block", [{ type: "video", title: "a film" }]],
    ["an element", [{ type: "actions", elements: [{ type: "overflow", options: [] }] }]],
    ["a context element", [{ type: "context", elements: [{ type: "hologram" }] }]],
    ["rich text", [{ type: "rich_text", elements: [{ type: "rich_text_poem" }] }]],
    [
      "an element of rich text",
      [
        {
          type: "rich_text",
          elements: [{ type: "rich_text_section", elements: [{ type: "smell" }] }],
        },
      ],
    ],
    ["a field", [{ type: "input", label: {}, element: { type: "file_input" } }]],
  ])("%s of another type stands there as JSON, in a marked box", async (_kind, blocks) => {
    const { ts } = post("C0TEAMY000", { text: "", blocks });
    const box = looked.page.locator(`[data-ts="${ts}"] .unknown`);
    await box.waitFor();
    expect(await box.count()).toBe(1);
    expect(await box.textContent()).toContain('"type"');
  });

  it("text is text, wherever it stands, and links lead to pages alone", async () => {
    const attack = "<img src=x onerror=alert(1)><script>alert(1)</script>";
    const { ts } = post("C0TEAMY000", {
      text: "",
      blocks: [
        { type: "header", text: { type: "plain_text", text: attack } },
        {
          type: "section",
          text: {
            type: "mrkdwn",
            text: `*${attack}* \`${attack}\` <javascript:alert(1)|press me>`,
          },
        },
        {
          type: "rich_text",
          elements: [
            {
              type: "rich_text_section",
              elements: [
                { type: "text", text: attack },
                { type: "link", url: "javascript:alert(1)", text: "press me too" },
              ],
            },
          ],
        },
      ],
    });
    const message = looked.page.locator(`[data-ts="${ts}"]`);
    await message.waitFor();
    expect(await message.innerText()).toContain(attack);
    expect(await message.locator("img, script, a").count()).toBe(0);
    expect(await message.getByText("press me").count()).toBe(2);
  });

  it("a moment is in the reader's own zone, with what it falls back to at hand", async () => {
    const { ts } = post("C0TEAMY000", {
      text: "until <!date^1392734382^{date_short_pretty} {time}|2014-02-18 14:39 UTC>",
      blocks: [],
    });
    const time = looked.page.locator(`[data-ts="${ts}"] .content time`);
    expect(await time.innerText()).toBe("Feb 18, 2014 11:39 PM");
    expect(await time.getAttribute("title")).toBe("2014-02-18 14:39 UTC");
  });

  it("makes the browser complain of nothing", () => {
    expect(looked.problems).toEqual([]);
  });
});
