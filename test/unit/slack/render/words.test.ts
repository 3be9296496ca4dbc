import { describe, expect, it } from "@jest/globals";
import { refuse } from "#src/domain/outcome.ts";
import { renderCard } from "#src/slack/render/card.ts";
import { outcomeWords } from "#src/slack/render/outcome.ts";
import { revokedText } from "#src/slack/commands/typed-decision.ts";
import { renderEnded } from "#src/slack/render/result.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { cut, inline } from "#src/slack/render/text.ts";
import { aRecord, NOW } from "../request-record.ts";

describe("words a person typed inside one of our sentences", () => {
  it.each([
    ["*a* _b_ ~c~ `d`", "∗a∗ ＿b＿ ∼c∼ 'd'"],
    ["set REGISTRY_ONLY in https://wiki/a_b*c", "set REGISTRY_ONLY in https://wiki/a_b*c"],
    ["<!channel> <@U1> & <http://x|y>", "&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;http://x|y&gt;"],
    ["two\nlines\tand\u2028more", "two lines and more"],
    [":white_check_mark: done", ":\u200Bwhite_check_mark: done"],
    ["at 10:20:30 from 2001:db8:abc::1", "at 10:20:30 from 2001:db8:abc::1"],
  ])("%j reads %j", (typed, shown) => {
    expect(inline(typed)).toBe(shown);
  });

  it("are cut by whole characters, with a sign", () => {
    expect(cut("😀😀😀", 2)).toBe("😀…");
    expect(inline("x".repeat(200), 10)).toBe(`${"x".repeat(9)}…`);
  });
});

describe("a refusal", () => {
  const refusal = refuse("X", {
    what: "your decision was not recorded",
    why: "<@U0ALICE000> of <!subteam^S0SECURITY> says *no* <!channel>",
    fix: "write `@sallyport help`",
  });

  it("mentions whom Sallyport names, and nobody else", () => {
    const { text, blocks } = renderRefusal(refusal);

    expect(text).toBe(
      "Your decision was not recorded. Why: <@U0ALICE000> of <!subteam^S0SECURITY> says *no* &lt;!channel&gt;. What to do: Write `@sallyport help`.",
    );
    expect(JSON.stringify(blocks)).toContain('{"type":"user","user_id":"U0ALICE000"}');
    expect(JSON.stringify(blocks)).toContain('{"type":"usergroup","usergroup_id":"S0SECURITY"}');
    expect(JSON.stringify(blocks)).toContain(
      '{"type":"text","text":"@sallyport help","style":{"code":true}}',
    );
  });

  it("of something typed mentions nobody", () => {
    const { text, blocks } = renderRefusal(refusal, { mentions: "typed" });

    expect(text).not.toContain("<");
    expect(JSON.stringify(blocks)).not.toMatch(/"user"|"usergroup"/);
  });
});

describe("a card", () => {
  it("begins with the registrable domain and has buttons only while it waits", () => {
    const { blocks } = renderCard(aRecord());
    expect(JSON.stringify(blocks?.[0])).toContain("cnn.com · edition.cnn.com:443");
    expect(JSON.stringify(blocks)).toContain('"Approve"');
    for (const state of ["approved", "denied", "active", "ended"] as const)
      expect(JSON.stringify(renderCard(aRecord({ state })).blocks)).not.toContain('"button"');
  });

  it("shows a reason as it was typed, as plain text", () => {
    const { blocks } = renderCard(aRecord({ ask: { reason: "*now* <!here>\n:tada:" } }));

    expect(JSON.stringify(blocks)).toContain(
      '{"type":"plain_text","text":"Reason: *now* <!here> :tada:","emoji":false}',
    );
  });
});

describe("what became of a request, in plain words", () => {
  it("has neither markup nor encoded moments", () => {
    const words = outcomeWords(aRecord({ state: "lapsed" }));

    expect(words).toMatch(/^Lapsed 2026-11-01 12:00 UTC: nobody decided/);
  });
});

describe("a grant that was revoked", () => {
  it.each([
    ["tls", /open connections end within 45 s/],
    ["http", /an open response or WebSocket may live on/],
  ] as const)("is called refused only once it has ended: %s", (mode, open) => {
    const destination = { host: "edition.cnn.com", port: 443, mode };
    const ending = aRecord({ state: "ending", ask: { destination } });
    const ended = aRecord({ state: "ended", ask: { destination } });

    expect(outcomeWords(ending)).toMatch(/being closed.*not proven/);
    expect(revokedText(ending)).toMatch(
      /is revoked and being closed\. Once it is removed, new connections are refused at once/,
    );
    expect(revokedText(ending)).toMatch(open);
    expect(revokedText(ended)).toMatch(/has ended; the request's thread shows/);
    expect(ended.evidence).toBeUndefined();
    expect(JSON.stringify(renderEnded(ended).blocks)).not.toMatch(/are refused/);
  });

  it.each([
    ["passed", "enforced", /New connections are refused; open ones end within 45 s/],
    ["failed", "advisory", /not go through the gateway any more; that it is refused was not seen/],
  ] as const)("says after a refusal that %s what was seen", (verdict, judged, said) => {
    const check = { name: "refused" as const, verdict, explanation: "as seen", lines: [] };
    const removal = { checks: [check], verdict: judged, advisories: [] };
    const evidence = { ...removal, at: NOW, serial: 1, egressIpPrefix: undefined, removal };

    const [block] = renderEnded(aRecord({ state: "ended", evidence })).blocks ?? [];
    expect(JSON.stringify(block)).toMatch(said);
  });
});
