import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { fieldErrors } from "#src/slack/render/form/field-errors.ts";
import { encodeAskedFrom } from "#src/slack/render/action-value.ts";
import { offerView } from "#src/slack/views/offer-view.ts";
import { reasonView } from "#src/slack/views/reason-view.ts";
import { evidenceView, planView } from "#src/slack/views/record-views.ts";
import { NINE } from "#test/support/signed-request.ts";
import { formViews, manyTeams } from "../form/huge-form.ts";
import { homeViews } from "../home/huge-home.ts";
import { hugeRecord, hugeSeveral } from "../request-record.ts";
import { seen } from "./any-look.ts";
import { observed, typed } from "./any-words.ts";
import { tornIn, viewProblemsOf } from "./limit-problems.ts";

describe("every window keeps Slack's limits, whatever is in it", () => {
  it("of a request", () => {
    fc.assert(
      fc.property(typed, seen, (words, look) => {
        const records = [
          hugeRecord(words, { state: "active" }),
          hugeSeveral(words, { state: "active" }),
        ];
        const views = records.flatMap((record) => [
          planView(record),
          evidenceView(record, undefined, look),
          ...reasonViews(record),
        ]);
        for (const view of views) {
          expect(viewProblemsOf(view)).toEqual([]);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([0, 1, 2, 600, 3000])("of the form, of %d teams", (count) => {
    const teams = manyTeams(count);
    fc.assert(
      fc.property(observed, (words) => {
        for (const view of formViews(words, teams)) {
          expect(viewProblemsOf(view)).toEqual([]);
        }
        const refusal = { ...REFUSED, why: words, fix: words } as const;
        const { errors } = fieldErrors(
          Array.from({ length: 5 }, () => ({ field: "destinations", refusal })),
        );
        expect(errors["destinations"]?.length).toBeLessThanOrEqual(600);
        expect(tornIn(errors["destinations"] ?? "")).toEqual([]);
      }),
      { numRuns: count > 100 ? 5 : 20 },
    );
  });

  it("and the Home tab, on every page", () => {
    fc.assert(
      fc.property(typed, seen, (words, look) => {
        for (const view of homeViews(words, look)) expect(viewProblemsOf(view)).toEqual([]);
      }),
      { numRuns: 5 },
    );
  });

  it("that cannot hold everything says so", () => {
    expect(JSON.stringify(planView(hugeRecord("x")).blocks.at(-1))).toContain("more");
  });
});

const REFUSED = {
  outcome: "refusal",
  reason: "NotAHost",
  what: "nothing was requested",
} as const;

function reasonViews({ id, plan, asked }: RequestRecord): readonly ReturnType<typeof reasonView>[] {
  const from = {
    id,
    digest: plan?.grantDigest ?? "",
    channel: asked.channel,
    threadTs: asked.threadTs,
    messageTs: "1772442001.000100",
    eventId: "C0TEAMX:1772442001.000100:U0SECURITY:1772442002.000100",
    clickedAt: NINE,
  };
  return [
    offerView(from),
    reasonView(encodeAskedFrom(from), {
      callbackId: "deny_reason",
      title: `Deny ${id}.10`,
      submit: "Deny",
      optional: false,
    }),
  ];
}
