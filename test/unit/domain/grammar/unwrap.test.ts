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

function section(...elements: readonly object[]) {
  return { type: "rich_text_section", elements };
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
    ["\u200B<@U0BOT|sallyport> <@U0BOT>,  help", "help"],
    ["<@U0BOT2> allow a.b.com:443", "@U0BOT2 allow a.b.com:443"],
    ["ask <@U0BOT> about it", "ask @U0BOT about it"],
    ["list &amp;lt;", "list &lt;"],
    [
      "because of <#C0A1|rain>, <!subteam^S1|@ops> and <mailto:a@b.com|a@b.com>",
      "because of rain, @ops and a@b.com",
    ],
    [
      "allow \uFF45dition.cnn.com:443 because a\u202Egnp.exe",
      "allow edition.cnn.com:443 because agnp.exe",
    ],
    ["allow api\u2013v2.example.com:443", "allow api-v2.example.com:443"],
    ["allow <http://edition.cnn.com/|edition.cnn.com>:443", "allow edition.cnn.com:443"],
    [
      "allow <http://xn--bcher-kva.example|b\u00fccher.example>:443",
      "allow b\u00fccher.example:443",
    ],
    ["allow <https://a.b.com:443/|https://a.b.com>", "allow https://a.b.com"],
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

  it.each([
    "<http://edition.cnn.com@evil.example|edition.cnn.com>",
    "<http://edition.cnn.com:8443|edition.cnn.com:443>",
    "<http://edition.cnn.com|https://edition.cnn.com>",
    "<https://edition.cnn.com:8443|http://edition.cnn.com:8443>",
    "<http://edition.cnn.com\\@evil.example|evil.example>",
    "<https://evil.example|see the ticket>",
    "<https://a%2e.example|a..example>",
  ])("refuses %j, whose label and target differ", (link) => {
    expect(fromText(`allow ${link}`)).toMatchObject({ reason: "LinkMismatch" });
  });

  it("refuses such a link in the tree as well", () => {
    const plain = richText(
      { type: "text", text: "allow " },
      { type: "link", url: "http://evil.example", text: "edition.cnn.com" },
    );

    expect(isRefusal(plain) ? plain.reason : plain).toBe("LinkMismatch");
  });

  it("keeps lines and the other kinds of nodes of the tree apart", () => {
    const blocks = [
      { type: "section", text: { text: "not typed" } },
      {
        type: "rich_text",
        elements: [
          section({ type: "user", user_id: BOT }, { type: "text", text: " allow a.b.com:443" }),
          {
            type: "rich_text_list",
            elements: [
              section({ type: "text", text: "for team-x", style: { code: true } }),
              section(
                { type: "text", text: "because " },
                { type: "channel", channel_id: "C0A1" },
                { type: "usergroup", usergroup_id: "S1" },
                { type: "emoji", name: "rain" },
                { type: "link", url: "https://t.example/1" },
              ),
            ],
          },
        ],
      },
    ];

    expect(unwrap({ text: "(fallback)", blocks, botUserId: BOT })).toMatch(
      /^allow a\.b\.com:443\n+for team-x\n+because #C0A1!subteam\^S1:rain:https:\/\/t\.example\/1$/,
    );
  });

  it("falls back to the encoded text where the tree is empty", () => {
    const blocks = [{ type: "rich_text", elements: [] }];

    expect(unwrap({ text: "<@U0BOT> help", blocks, botUserId: BOT })).toBe("help");
  });

  it("does not follow a tree deeper than Slack makes them", () => {
    let node: object = { type: "text", text: "deep" };
    for (let depth = 0; depth < 100_000; depth += 1) node = { type: "rich_text", elements: [node] };

    expect(unwrap({ text: "help", blocks: [node], botUserId: BOT })).toBe("help");
  });

  it("never throws, whatever Slack delivers", () => {
    const node = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: "small" }, fc.jsonValue(), tie("inner"), tie("leaf")),
      inner: fc.record({ type: fc.constant("rich_text"), elements: fc.array(tie("node")) }),
      leaf: fc.record({
        type: fc.constantFrom("link", "user", "text", "channel", "emoji", "usergroup"),
        text: fc.string({ unit: "binary" }),
        url: fc.oneof(fc.webUrl(), fc.string({ unit: "binary" })),
      }),
    })).node;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.array(node), (text, blocks) => {
        const plain = unwrap({ text, blocks, botUserId: BOT });
        expect(isRefusal(plain) || typeof plain === "string").toBe(true);
      }),
    );
  });
});
