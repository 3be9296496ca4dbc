import { describe, expect, it } from "@jest/globals";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { SurfaceContext } from "#src/slack/render/request/surfaces.ts";
import { surfacesOf } from "#src/slack/render/request/surfaces.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";
import { aRecord, type Given } from "../request-record.ts";

const CONTEXT: SurfaceContext = {
  approvalsChannel: "C0SECURITY",
  progress: undefined,
  problem: undefined,
  move: undefined,
  stuck: undefined,
  unprovenForMs: DAY,
  now: NINE,
  changed: undefined,
};

const SECURITY = { userId: "U0SECURITY", teamId: "T0HOME" };
const ASKER = { userId: "U0ASKER", teamId: "T0HOME" };
const APPROVE = { verdict: "approve", id: "d-approve", by: SECURITY } as const;

/** The messages posted once, by key: where they go and what they say. */
function saidOf(given: Given): Readonly<Record<string, string>> {
  const once = surfacesOf(aRecord(given), CONTEXT).filter((surface) => surface.once);
  return Object.fromEntries(
    once.map(({ key, channel, message }) => [key, `${channel}: ${message.text}`]),
  );
}

describe("what was done is told once, in a message that names the decision and who made it", () => {
  it.each<[string, Given, string, RegExp]>([
    [
      "a denial",
      {
        state: "denied",
        decided: [{ verdict: "deny", id: "d-deny", by: SECURITY, reason: "use the mirror" }],
      },
      "denied",
      /<@U0ASKER> `EG-7QK4M` edition\.cnn\.com:443 for team team-x: denied by <@U0SECURITY> .*: use the mirror\. Nothing was opened\. Decision `d-deny`\.$/,
    ],
    [
      "a withdrawal of an approval",
      {
        state: "cancelled",
        decided: [APPROVE, { verdict: "revoke", id: "d-revoke", by: SECURITY }],
      },
      "withdrawn",
      /withdrawn by <@U0SECURITY> .*\. Nothing was opened\. Decision `d-revoke`\.$/,
    ],
    [
      "an approval that could not be carried out in time",
      { state: "lapsed", decided: [APPROVE] },
      "lapsed",
      /lapsed: the approval by <@U0SECURITY> .* could not be carried out in time\..*Decision `d-approve`\.$/,
    ],
    [
      "an approval that fell",
      {
        state: "pending",
        decided: [APPROVE],
        superseded: [
          { grantDigest: "abcd".padEnd(64, "0"), at: NINE, why: "plan-changed", differences: [] },
        ],
      },
      "asked-again-1",
      /the approval by <@U0SECURITY> .* does not count any more: the plan changed after it was given\. Nothing was opened\. Asked again: .*, code `3f9a0c1d`\. Decision `d-approve`\.$/,
    ],
    [
      "an approval of what is not possible any more",
      {
        state: "refused",
        decided: [APPROVE],
        refusal: {
          outcome: "refusal",
          reason: "NamespaceMissing",
          what: "egress was not planned",
          why: "the cluster has no namespace team-x",
          fix: "create it",
        },
      },
      "fell-1",
      /does not count any more: the cluster has no namespace team-x\. Nothing was opened\./,
    ],
    [
      "an admission",
      { state: "applying", decided: [APPROVE], admitted: true },
      "admitted-by",
      /approved by <@U0SECURITY> .*; recorded in the cluster\. Decision `d-approve`\.$/,
    ],
    [
      "a revoke",
      {
        state: "ended",
        decided: [APPROVE, { verdict: "revoke", id: "d-revoke", by: SECURITY, reason: "done" }],
        admitted: true,
        activated: true,
        endedBy: "revoked",
      },
      "ended",
      /has ended: revoked by <@U0SECURITY> .*: done\. Decision `d-revoke`\.$/,
    ],
  ])("%s", (_, given, key, words) => {
    const said = saidOf(given);

    expect(said[key]).toMatch(words);
    expect(said[key]).toMatch(/^C0TEAMX: <@U0ASKER> /);
    // Who decided reads the card's thread, and may not be in the team's channel.
    expect(said[`${key}-card`]).toBe(said[key]?.replace("C0TEAMX", "C0SECURITY"));
  });

  it("a cancel by who asked is told in their thread alone", () => {
    const said = saidOf({
      state: "cancelled",
      decided: [{ verdict: "cancel", id: "d-cancel", by: ASKER }],
    });

    expect(said).toEqual({
      cancelled: expect.stringMatching(/: cancelled by <@U0ASKER> .*\. Decision `d-cancel`\.$/),
    });
  });

  it.each<[string, Given, RegExp]>([
    ["its time", { endedBy: "expired" }, /has ended: its time was over\.$/],
    ["kubectl delete", { endedBy: "deleted" }, /has ended: its EgressGrant was deleted/],
    ["its namespace", { endedBy: "namespace" }, /has ended: its namespace was deleted/],
  ])("an end nobody decided in Slack says what ended it: %s", (_, given, words) => {
    const said = saidOf({ state: "ended", decided: [APPROVE], admitted: true, ...given });

    expect(said["ended"]).toMatch(words);
    expect(said).not.toHaveProperty("ended-card");
  });

  it("an end is told although the admission was never recorded", () => {
    const given = {
      state: "ended",
      decided: [APPROVE, { verdict: "cancel", id: "d-cancel" }],
    } as const;

    expect(saidOf(given)["ended"]).toMatch(/has ended: cancelled by <@U0SECURITY> .*`d-cancel`/);
  });

  it("each fallen approval is told anew", () => {
    const once = saidOf({ state: "pending", decided: [APPROVE] });
    const twice = saidOf({ state: "pending", decided: [APPROVE, APPROVE] });

    expect(Object.keys(once)).toEqual(["asked-again-1", "asked-again-1-card"]);
    expect(Object.keys(twice)).toEqual(["asked-again-2", "asked-again-2-card"]);
  });

  it.each(["planning", "pending", "approved", "closing"] as const)(
    "nothing is told of one that is %s and was never approved before",
    (state) => {
      expect(saidOf({ state, decided: state === "approved" ? [APPROVE] : [] })).toEqual({});
    },
  );

  it("a cancel before there was a card is answered by the bot alone", () => {
    const given = { state: "cancelled", show: false, decided: [{ verdict: "cancel" }] } as const;

    expect(saidOf(given)).toEqual({});
  });

  it("the message of an active grant mentions who approved it", () => {
    const evidence = {
      at: NINE + HOUR,
      serial: 3,
      egressIpPrefix: undefined,
      verdict: "enforced",
      advisories: [],
      checks: [],
    } as const;
    const record = aRecord({
      state: "active",
      decided: [APPROVE],
      admitted: true,
      activated: true,
      evidence,
    });
    const result = surfacesOf(record, CONTEXT).find(({ key }) => key === "result");

    expect(JSON.stringify(result?.message.blocks)).toMatch(
      /<@U0ASKER> .*\*active and enforced\*.*Approved by <@U0SECURITY>; ends </,
    );
  });
});

describe("the progress of a request", () => {
  const RUNNING: SurfaceContext = {
    ...CONTEXT,
    progress: {
      lines: [
        { step: "gateway-node-pool", status: "running", text: "gateway node pool egress" },
        { step: "egress-gateway", status: "waiting", text: "egress gateway egw" },
      ],
    },
  };

  function progressOf(given: Given): string | undefined {
    const surfaces = surfacesOf(aRecord({ admitted: true, decided: [APPROVE], ...given }), RUNNING);
    const message = surfaces.find(({ key }) => key === "progress")?.message;
    return message && `${message.text} ${JSON.stringify(message.blocks)}`;
  }

  it("shows what a lane stored while it is being built", () => {
    expect(progressOf({ state: "applying" })).toMatch(/gateway node pool egress: running/);
  });

  it.each(["verifying", "unproven"] as const)(
    "shows Azure's steps done once the objects that need them are in place: %s",
    (state) => {
      expect(progressOf({ state })).toMatch(/gateway node pool egress: done/);
      expect(progressOf({ state })).toMatch(/egress gateway egw: done/);
    },
  );

  it.each(REQUEST_STATES)(
    "is final once it was proven, whatever a lane stored last and whatever comes: %s",
    (state) => {
      const progress = progressOf({ state, activated: true });

      expect(progress).toMatch(/EG-7QK4M: done in 1 h/);
      expect(progress).not.toMatch(/running|waiting|hourglass/);
    },
  );

  it.each(["ending", "ended"] as const)("says what stopped it: %s", (state) => {
    expect(progressOf({ state, endedBy: "expired" })).toMatch(/EG-7QK4M: stopped: .*its time was/);
    expect(progressOf({ state, endedBy: "expired" })).not.toMatch(/running|hourglass/);
  });

  it("says of one that was looked at what was seen, also while it is looked at again", () => {
    const evidence = {
      at: NINE,
      serial: 1,
      egressIpPrefix: undefined,
      verdict: "enforced",
      advisories: [],
      checks: [],
    } as const;
    const seen = { admitted: true, activated: true, evidence, decided: [APPROVE] } as const;
    function words(state: "active" | "verifying") {
      const surfaces = surfacesOf(aRecord({ ...seen, state }), RUNNING);
      return surfaces
        .filter(({ key }) => ["card", "mirror", "progress"].includes(key))
        .map(({ message }) => JSON.stringify(message));
    }

    expect(words("active")).toHaveLength(3);
    expect(words("verifying")).toEqual(words("active"));
  });

  it("is only of what was admitted", () => {
    for (const state of REQUEST_STATES)
      expect(surfacesOf(aRecord({ state }), RUNNING).map(({ key }) => key)).not.toContain(
        "progress",
      );
  });
});
