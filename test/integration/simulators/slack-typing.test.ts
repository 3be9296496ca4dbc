import { describe, expect, it } from "@jest/globals";
import { encodeTyped } from "#test/simulators/slack/typing.ts";
import { World } from "#test/simulators/slack/world.ts";

const world = new World(
  { now: () => 0 },
  {
    users: [{ name: "bob" }],
    userGroups: [{ handle: "sec", members: ["bob"] }],
    channels: [{ name: "egress" }],
  },
);

describe("typed text, as Slack passes it on", () => {
  it.each([
    ["edition.cnn.com:443", "<http://edition.cnn.com|edition.cnn.com>:443"],
    ["allow cnn.com.", "allow <http://cnn.com|cnn.com>."],
    ["https://cnn.com/a?b=1&c, ok", "<https://cnn.com/a?b=1&amp;c>, ok"],
    ["cnn.com/world", "<http://cnn.com/world|cnn.com/world>"],
    ["`edition.cnn.com:443`", "`edition.cnn.com:443`"],
    ["deploy.yaml v1.2 *.cnn.com localhost:80", "deploy.yaml v1.2 *.cnn.com localhost:80"],
    ["a <b> & c", "a &lt;b&gt; &amp; c"],
    [
      "@bob, @sec #egress @nobody",
      "<@U0BOB00000>, <!subteam^S0SEC00000> <#C0EGRESS00|egress> @nobody",
    ],
    ["me@cnn.com", "<mailto:me@cnn.com|me@cnn.com>"],
    ["<@U0BOB00000>", "&lt;@U0BOB00000&gt;"],
  ])("%s", (typed, text) => {
    expect(encodeTyped(world, typed).text).toBe(text);
  });

  it("can link the port too, or nothing", () => {
    const typed = "edition.cnn.com:443";

    expect(encodeTyped(world, typed, { autolink: "with-port" }).text).toBe(
      "<http://edition.cnn.com:443|edition.cnn.com:443>",
    );
    expect(encodeTyped(world, typed, { autolink: false }).text).toBe(typed);
  });

  it("comes a second time as a rich_text tree", () => {
    const { blocks, mentionsBot } = encodeTyped(world, "@sallyport allow cnn.com:443 `x`");

    expect(mentionsBot).toBe(true);
    expect(blocks[0]?.["elements"]).toEqual([
      {
        type: "rich_text_section",
        elements: [
          { type: "user", user_id: "U0SALLYPORT" },
          { type: "text", text: " allow " },
          { type: "link", url: "http://cnn.com", text: "cnn.com" },
          { type: "text", text: ":443 " },
          { type: "text", text: "x", style: { code: true } },
        ],
      },
    ]);
  });
});
