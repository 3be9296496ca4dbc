import { describe, expect, it } from "@jest/globals";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { ChatMessage } from "#src/ports/chat.ts";
import { renderCard } from "#src/slack/render/card.ts";
import { renderProgress } from "#src/slack/render/progress.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { renderEnded, renderResult } from "#src/slack/render/result.ts";
import { surfacesOf } from "#src/slack/render/surfaces.ts";
import { reasonView } from "#src/slack/views/reason-view.ts";
import { evidenceView, planView } from "#src/slack/views/record-views.ts";
import { messageBlocksProblems, viewProblems } from "#test/simulators/slack/block-kit-limits.ts";
import { aRecord, hugeRecord, NOW } from "../request-record.ts";

/** https://docs.slack.dev/reference/methods/chat.update: longer texts are refused. */
const TEXT_LIMIT = 4000;
/** https://docs.slack.dev/reference/methods/views.open#errors: `view_too_large`. */
const VIEW_LIMIT = 250_000;

function expectWithinLimits({ text, blocks }: ChatMessage): void {
  expect(messageBlocksProblems(wire(blocks ?? []))).toEqual([]);
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThanOrEqual(TEXT_LIMIT);
}

/** As it goes over the wire. */
function wire<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

describe("every message keeps Slack's limits, whatever is in it", () => {
  it.each(REQUEST_STATES)("of a request that is %s", (state) => {
    const record = hugeRecord(state);
    const { plan, refusal: problem } = record;
    for (const given of [record, aRecord({ state })]) {
      expectWithinLimits(renderCard(given));
      expectWithinLimits(renderResult(given, { givesUpAt: NOW }));
      expectWithinLimits(renderEnded(given));
      const line = { step: "egress-gateway", status: "waiting", text: "w".repeat(9000) } as const;
      expectWithinLimits(
        renderProgress(given, { lines: Array.from({ length: 9 }, () => line) }, problem),
      );
      const context = {
        approvalsChannel: "C0SECURITY",
        progress: undefined,
        problem,
        stuck: { why: "x".repeat(5000), over: false },
        unprovenForMs: 1,
      };
      for (const { message } of surfacesOf(given, context)) expectWithinLimits(message);
    }
    expect(plan).toBeDefined();
  });

  it("of a refusal", () => {
    const { refusal } = hugeRecord("refused");
    if (refusal === undefined) throw new Error("no refusal");
    expectWithinLimits(renderRefusal(refusal));
    expectWithinLimits(renderRefusal(refusal, { mentions: "typed" }));
  });

  it("and every modal", () => {
    const record = hugeRecord("active");
    const reason = reasonView(
      {
        id: record.id,
        digest: record.plan?.grantDigest ?? "",
        channel: record.asked.channel,
        threadTs: record.asked.threadTs,
      },
      { callbackId: "deny_reason", title: `Deny ${record.id}.10`, submit: "Deny", optional: false },
    );
    for (const view of [planView(record), evidenceView(record), reason, planView(aRecord())]) {
      expect(viewProblems(wire({ ...view }))).toEqual([]);
      expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(VIEW_LIMIT);
    }
  });

  it("a modal that cannot hold everything says so", () => {
    expect(JSON.stringify(planView(hugeRecord("active")).blocks.at(-1))).toContain("more");
  });
});
