import { describe, expect, it } from "@jest/globals";
import type { EndCause } from "#src/domain/request/request.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { refuse } from "#src/domain/outcome.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { outcomeLine } from "#src/slack/render/request/outcome.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { renderEnded } from "#src/slack/render/request/result.ts";
import { cut, cutMarkup, inline } from "#src/slack/render/text.ts";
import { NINE } from "#test/support/signed-request.ts";
import { aRecord, END_CAUSES } from "../request-record.ts";

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

  it("are cut between characters, with a sign", () => {
    expect(cut("😀😀😀", 4)).toBe("😀…");
    expect(cut("😀😀😀", 5)).toBe("😀😀…");
    expect(cut("😀😀😀", 6)).toBe("😀😀😀");
    expect(inline("x".repeat(200), 10)).toBe(`${"x".repeat(9)}…`);
  });

  it.each([
    ["asked by <@U0ALICE000> today", 20, "asked by …"],
    ["until <!date^1^{time}|noon UTC> at most", 30, "until …"],
    ["fish &amp; chips", 9, "fish …"],
    ["fish &amp; chips", 11, "fish &amp;…"],
  ])("mark-up %j is cut before what would be torn", (text, limit, shown) => {
    expect(cutMarkup(text, limit)).toBe(shown);
  });
});

describe("a refusal", () => {
  const refusal = refuse("ObjectRefused", {
    what: "your decision was not recorded",
    why: "<@U0MALLORY0> of <!subteam^S0SECURITY> says *no* <!channel>",
    fix: "write `@sallyport help`",
    ask: { groups: ["S0SECURITY"], users: ["U0ALICE000"] },
    decided: { verdict: "deny", by: { userId: "U0BOB00000", teamId: "T0HOME" }, at: NINE },
  });

  it("mentions whom it names by id, and nobody its words mention", () => {
    const { text, blocks } = renderRefusal(refusal);

    expect(text).toBe(
      "Your decision was not recorded. " +
        "Why: &lt;@U0MALLORY0&gt; of &lt;!subteam^S0SECURITY&gt; says *no* &lt;!channel&gt;. " +
        "Decided: denied by <@U0BOB00000> 2026-03-02 09:00 UTC. " +
        "Who can: <!subteam^S0SECURITY>, <@U0ALICE000>. " +
        "What to do: Write `@sallyport help`.",
    );
    const shown = JSON.stringify(blocks);
    expect(shown).toContain('{"type":"user","user_id":"U0ALICE000"}');
    expect(shown).toContain('{"type":"user","user_id":"U0BOB00000"}');
    expect(shown).toContain('{"type":"usergroup","usergroup_id":"S0SECURITY"}');
    expect(shown).not.toContain('"user_id":"U0MALLORY0"');
    expect(shown).toContain('{"type":"text","text":"@sallyport help","style":{"code":true}}');
  });

  it("that everybody of a channel gets calls no group", () => {
    const posted = renderRefusal(refusal, { isPosted: true });

    expect(posted.text).toContain("Who can: <@U0ALICE000>, the approvers.");
    expect(posted.text).not.toContain("<!subteam");
    expect(JSON.stringify(posted.blocks)).not.toContain('"usergroup"');
  });

  it("that answers nobody's command mentions whom it is for", () => {
    expect(renderRefusal(refusal, { to: "U0ASKER" }).text).toMatch(/^<@U0ASKER> Your decision/);
  });
});

describe("a card", () => {
  it("begins with the registrable domain and has buttons only while it waits", () => {
    const { blocks } = renderCard(aRecord());
    expect(JSON.stringify(blocks?.[0])).toContain("cnn.com · edition.cnn.com:443");
    expect(JSON.stringify(blocks)).toContain('"Approve"');
    for (const state of REQUEST_STATES.filter((each) => each !== "pending"))
      expect(JSON.stringify(renderCard(aRecord({ state })).blocks)).not.toContain('"button"');
  });

  it("shows the first eight digits of the plan as its code", () => {
    const { blocks } = renderCard(aRecord());

    expect(JSON.stringify(blocks?.at(-1))).toContain("@sallyport approve 3f9a0c1d`");
  });

  it("shows a reason as it was typed, as plain text", () => {
    const { blocks } = renderCard(aRecord({ ask: { reason: "*now* <!here>\n:tada:" } }));

    expect(JSON.stringify(blocks)).toContain(
      '{"type":"plain_text","text":"Reason: *now* <!here> :tada:","emoji":false}',
    );
  });

  it("says in words why an approval fell", () => {
    const fallen = { grantDigest: "abcd".padEnd(64, "0"), at: NINE, differences: [] };
    const superseded = [{ ...fallen, why: "no-longer-an-approver" }];

    expect(JSON.stringify(renderCard(aRecord({ superseded })).blocks)).toContain(
      "plan `abcd0000` was approved, but who gave it is no longer an approver of this request",
    );
  });
});

describe("what became of a request", () => {
  it.each([
    [[{ verdict: "deny", reason: "not now" }], /^\*Denied\* by <@U0SECURITY> .*: not now; being/],
    [[{ verdict: "cancel" }], /^\*Cancelled\* by <@U0SECURITY> .*; being carried out$/],
    [[{ verdict: "approve" }, { verdict: "revoke" }], /^\*Withdrawn\* by .*; being carried out$/],
    [[{ verdict: "approve" }], /^\*Lapsed\*; being carried out$/],
    [[], /^\*Lapsed\*; being carried out$/],
  ] as const)("while a no is being carried out: %j", (decided, line) => {
    expect(outcomeLine(aRecord({ state: "closing", decided }))).toMatch(line);
  });

  const CAUSES: Readonly<Record<EndCause, RegExp>> = {
    revoked: /it was revoked$/,
    expired: /its time was over$/,
    unproven: /could not be proven to work$/,
    deleted: /its EgressGrant was deleted in the cluster$/,
    namespace: /its namespace was deleted, or made anew$/,
    superseded: /the request that follows it took its place$/,
    denied: /it was denied$/,
    cancelled: /it was cancelled$/,
    withdrawn: /its approval was withdrawn$/,
    lapsed: /nobody decided in time$/,
  };

  it.each(END_CAUSES)("when it ended: %s", (endedBy) => {
    const record = aRecord({ state: "ended", admitted: true, endedBy });

    expect(outcomeLine(record)).toMatch(/^\*Ended\* /);
    expect(outcomeLine(record)).toMatch(CAUSES[endedBy]);
  });

  it("when somebody revoked it, by whom", () => {
    const decided = [{ verdict: "approve" }, { verdict: "revoke", reason: "done" }] as const;
    const record = aRecord({ state: "ended", admitted: true, decided, endedBy: "revoked" });

    expect(outcomeLine(record)).toMatch(/: revoked by <@U0SECURITY> .*: done$/);
  });
});

describe("a grant that has ended", () => {
  it("is not called blocked where nobody verified it", () => {
    const record = aRecord({ state: "ended", admitted: true, endedBy: "expired" });

    expect(record.evidence).toBeUndefined();
    expect(JSON.stringify(renderEnded(record).blocks)).not.toMatch(/are refused/);
    expect(JSON.stringify(renderEnded(record).blocks)).toMatch(/could not be verified as blocked/);
  });

  it.each([
    ["passed", "enforced", "tls", /New connections are refused; open ones end within 45 s/],
    ["passed", "enforced", "http", /an open response or WebSocket may live on/],
    [
      "failed",
      "advisory",
      "tls",
      /no longer goes through the gateway; it could not be verified as/,
    ],
  ] as const)(
    "says after a refusal that %s what was seen (%s, %s)",
    (verdict, judged, mode, said) => {
      const check = { name: "refused" as const, verdict, explanation: "as seen", lines: [] };
      const removal = { checks: [check], verdict: judged, advisories: [] };
      const evidence = { ...removal, at: NINE, serial: 1, egressIpPrefix: undefined, removal };
      const destination = { host: "edition.cnn.com", port: 443, mode };

      const record = aRecord({ state: "ended", admitted: true, evidence, ask: { destination } });
      expect(JSON.stringify(renderEnded(record).blocks)).toMatch(said);
    },
  );
});
