import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isRefusal } from "#src/domain/outcome.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";

const BOT = "U0BOT";

function fromText(text: string) {
  return unwrap({ text, blocks: [], botUserId: BOT });
}

function richText(...elements: readonly object[]) {
  return unwrap({
    text: "(fallback)",
    blocks: [{ type: "rich_text", elements: [{ type: "rich_text_section", elements }] }],
    botUserId: BOT,
  });
}

describe("unwrap", () => {
  it.each([
    [
      "<@U0BOT> allow <http://edition.cnn.com|edition.cnn.com>:443 for team-x",
      "allow edition.cnn.com:443 for team-x",
    ],
    [
      "<@U0BOT>: allow <http://edition.cnn.com:443|edition.cnn.com:443>",
      "allow edition.cnn.com:443",
    ],
    ["<@U0BOT> allow <https://edition.cnn.com>", "allow https://edition.cnn.com"],
    [
      "<@U0BOT> allow <https://edition.cnn.com|https://edition.cnn.com>",
      "allow https://edition.cnn.com",
    ],
    ["allow a.b.com:443 because R&amp;D &lt;3", "allow a.b.com:443 because R&D <3"],
    [
      "allow\u00A0a.b.com:443 because \u201Cweather\u201D \u2013 feed\u200B",
      'allow a.b.com:443 because "weather" - feed',
    ],
    ["`allow a.b.com:443`", "allow a.b.com:443"],
  ])("reads %j as %j", (text, plain) => {
    expect(fromText(text)).toBe(plain);
  });

  it("reads the tree of what was typed before the encoded text", () => {
    const plain = richText(
      { type: "user", user_id: BOT },
      { type: "text", text: " allow " },
      { type: "link", url: "http://edition.cnn.com", text: "edition.cnn.com" },
      { type: "text", text: ":443 because a<b&c" },
    );

    expect(plain).toBe("allow edition.cnn.com:443 because a<b&c");
  });

  it.each([
    ["<http://evil.example|edition.cnn.com>:443"],
    ["<https://edition.cnn.com.evil.example/|https://edition.cnn.com/>"],
  ])("refuses %j, which shows one host and leads to another", (text) => {
    const plain = fromText(`<@U0BOT> allow ${text}`);

    expect(isRefusal(plain) ? plain.reason : plain).toBe("LinkMismatch");
  });

  it("refuses such a link in the tree as well", () => {
    const plain = richText(
      { type: "text", text: "allow " },
      { type: "link", url: "http://evil.example", text: "edition.cnn.com" },
    );

    expect(isRefusal(plain) ? plain.reason : plain).toBe("LinkMismatch");
  });

  it("never throws, whatever Slack delivers", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.array(fc.jsonValue()),
        (text, blocks) => void unwrap({ text, blocks, botUserId: BOT }),
      ),
    );
  });
});
