import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { isRefusal } from "#src/domain/outcome.ts";
import { parse } from "./in-words.ts";
import { unwrap } from "#src/domain/grammar/unwrap.ts";

const BOT = "U0BOT";
const ALLOW = "allow a.example:443 because x";

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
    [
      "allow a.b.com:443 for <!subteam^S1|@ops> because of <#C0A1|rain>",
      "allow a.b.com:443 for @S1 because of rain",
    ],
    ["allow a.b.com:443 for team <#C0A1|rain>", "allow a.b.com:443 for team #C0A1"],
    ["list <#C0A1>", "list #C0A1"],
    [
      "allow a.b.com:443 because <https://jira.example.com/browse/OPS-1|OPS-1>",
      "allow a.b.com:443 because OPS-1 (https://jira.example.com/browse/OPS-1)",
    ],
    [
      "allow a.b.com:443, reason: <https://me:pw@wiki.example.com/x?token=t|the page>",
      "allow a.b.com:443, reason: the page (https://wiki.example.com/x?...)",
    ],
    ["&gt; allow a.b.com:443\nplease", "> allow a.b.com:443\nplease"],
    ["because <https://a.example/x|a\n&gt; b>", "because a > b (https://a.example/x)"],
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
    "a.b.com:443 because <https://evil.example|jira.example.com>",
    "a.b.com:443 because <https://evil.example|https://jira.example.com/OPS-1>",
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
      /^allow a\.b\.com:443\n+for team-x\n+because #C0A1@S1:rain:https:\/\/t\.example\/1$/,
    );
  });

  it("takes the names of groups and channels from the encoded text, but where a team is named", () => {
    const blocks = [
      {
        type: "rich_text",
        elements: [
          section(
            { type: "text", text: "allow a.b.com:443 for " },
            { type: "usergroup", usergroup_id: "S1" },
            { type: "text", text: " because of " },
            { type: "channel", channel_id: "C0A1" },
          ),
        ],
      },
    ];
    const text = "allow a.b.com:443 for <!subteam^S1|@ops> because of <#C0A1|rain>";

    expect(unwrap({ text, blocks, botUserId: BOT })).toBe(
      "allow a.b.com:443 for @S1 because of rain",
    );
  });

  it("falls back to the encoded text where the tree is empty", () => {
    const blocks = [{ type: "rich_text", elements: [] }];

    expect(unwrap({ text: "<@U0BOT> help", blocks, botUserId: BOT })).toBe("help");
  });

  it.each<[what: string, elements: readonly object[]]>([
    ["a quotation", [{ type: "rich_text_quote", elements: [{ type: "text", text: ALLOW }] }]],
    [
      "a quotation of several lines",
      [{ type: "rich_text_quote", elements: [{ type: "text", text: `see\n${ALLOW}` }] }],
    ],
    [
      "a quotation with the mention in it",
      [
        {
          type: "rich_text_quote",
          elements: [
            { type: "user", user_id: BOT },
            { type: "text", text: ` ${ALLOW}` },
          ],
        },
      ],
    ],
    [
      "a list within a quotation",
      [{ type: "rich_text_list", border: 1, elements: [section({ type: "text", text: ALLOW })] }],
    ],
    [
      "code within a quotation",
      [{ type: "rich_text_preformatted", border: 1, elements: [{ type: "text", text: ALLOW }] }],
    ],
    ["a line that begins with >", [section({ type: "text", text: `> ${ALLOW}` })]],
    ["all after >>>", [section({ type: "text", text: `>>> see\n${ALLOW}` })]],
    [
      "a link of several lines in a quotation",
      [
        {
          type: "rich_text_quote",
          elements: [
            { type: "text", text: "because " },
            { type: "link", url: "https://a.example/x", text: `x\n${ALLOW}` },
          ],
        },
      ],
    ],
  ])("%s asks for nothing", (_what, elements) => {
    const mention = section({ type: "user", user_id: BOT }, { type: "text", text: " " });
    for (const all of [elements, [mention, ...elements]]) {
      const blocks = [{ type: "rich_text", elements: all }];
      const plain = unwrap({ text: "(fallback)", blocks, botUserId: BOT });
      const parsed = typeof plain === "string" ? parse(plain) : plain;

      expect(parsed).toMatchObject({ kind: "refusal", refusal: { reason: "OnlyQuoted" } });
    }
  });

  it("what stands beside a quotation is one's own", () => {
    const quote = {
      type: "rich_text_quote",
      elements: [{ type: "text", text: "allow b.example:443 because y" }],
    };
    const own = section(
      { type: "user", user_id: BOT },
      { type: "text", text: " allow a.example:443 because x" },
    );
    const plain = unwrap({
      text: "(fallback)",
      blocks: [{ type: "rich_text", elements: [quote, own] }],
      botUserId: BOT,
    });

    expect(typeof plain === "string" ? parse(plain) : plain).toMatchObject({
      kind: "command",
      command: { destination: { host: "a.example" }, reason: "x" },
    });
  });

  it("does not follow a tree deeper than Slack makes them", () => {
    let node: object = { type: "text", text: "deep" };
    for (let depth = 0; depth < 100_000; depth += 1) node = { type: "rich_text", elements: [node] };

    expect(unwrap({ text: "help", blocks: [node], botUserId: BOT })).toBe("help");
  });

  it.each<[what: string, delivered: Partial<Parameters<typeof unwrap>[0]>]>([
    ["a text of megabytes", { text: "word ".repeat(1_000_000) }],
    ["many links", { text: "<http://a.example|a.example> ".repeat(200_000) }],
    ["many open brackets", { text: "<".repeat(3_000_000) }],
    ["a long link", { text: `<http://${"a".repeat(2_000_000)}.example>` }],
    [
      "a wide tree",
      {
        blocks: [
          {
            type: "rich_text",
            elements: [
              {
                type: "rich_text_section",
                elements: Array.from({ length: 300_000 }, () => ({ type: "text", text: "word " })),
              },
            ],
          },
        ],
      },
    ],
  ])("does not read %s to its end", (_what, delivered) => {
    expect(unwrap({ text: "", blocks: [], botUserId: BOT, ...delivered })).toMatchObject({
      reason: "TextTooLong",
    });
  });

  it("takes off as many mentions as there are", () => {
    expect(fromText(`${"<@U0BOT> ".repeat(100_000)}help`)).toBe("help");
  });

  it("never throws, whatever Slack delivers", () => {
    // Halves of surrogate pairs too.
    const utf16 = fc
      .array(fc.integer({ min: 0, max: 0xff_ff }))
      .map((codes) => String.fromCharCode(...codes));
    const node = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: "small" }, fc.jsonValue(), tie("inner"), tie("leaf")),
      inner: fc.record({
        type: fc.constantFrom("rich_text", "rich_text_quote", "rich_text_list"),
        elements: fc.array(tie("node")),
      }),
      leaf: fc.record({
        type: fc.constantFrom("link", "user", "text", "channel", "emoji", "usergroup", "broadcast"),
        text: fc.oneof(utf16, fc.string({ unit: "binary" })),
        url: fc.oneof(fc.webUrl(), fc.string({ unit: "binary" })),
      }),
    })).node;
    fc.assert(
      fc.property(
        fc.oneof(utf16, fc.string({ unit: "binary" })),
        fc.array(node),
        (text, blocks) => {
          const plain = unwrap({ text, blocks, botUserId: BOT });
          expect(isRefusal(plain) || parse(plain).kind).toBeTruthy();
        },
      ),
    );
  });
});
