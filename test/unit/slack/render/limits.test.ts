import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MODES } from "#src/domain/grant.ts";
import { interpret } from "#src/domain/grammar/interpret.ts";
import { BOARD_STATES } from "#src/domain/request/board.ts";
import { REQUEST_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import type { RequestDecision, RequestRecord } from "#src/domain/request/request.ts";
import type { Surveyed } from "#src/domain/survey/survey.ts";
import { alarmText, overText } from "#src/slack/render/trouble/alarms.ts";
import { listLine, statusLine } from "#src/slack/render/looking/board.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { renderOffer } from "#src/slack/render/following/offers.ts";
import { renderRefusal } from "#src/slack/render/refusal.ts";
import { renderSuggestion } from "#src/slack/render/suggestion.ts";
import { type SurfaceContext, surfacesOf } from "#src/slack/render/request/surfaces.ts";
import { saidVerdict } from "#src/slack/render/request/verdict-line.ts";
import { renderGateways } from "#src/slack/render/survey/gateways.ts";
import { renderMesh } from "#src/slack/render/survey/mesh.ts";
import { textsIn } from "#test/simulators/slack/block-kit-limits.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";
import { hugeClusters } from "../huge-clusters.ts";
import { observed, typed } from "./any-words.ts";
import { seen } from "./any-look.ts";
import { problemsOf } from "./limit-problems.ts";
import { aRecord, END_CAUSES, type Given, hugeRecord, hugeSeveral } from "../request-record.ts";

const decision: fc.Arbitrary<Partial<RequestDecision>> = fc.record(
  {
    verdict: fc.constantFrom("approve", "deny", "cancel", "revoke"),
    by: fc.constantFrom("U0ASKER", "U0SECURITY").map((userId) => ({ userId, teamId: "T0HOME" })),
    reason: typed,
  },
  { requiredKeys: ["verdict", "by"] },
);

function givenIn(state: RequestState): fc.Arbitrary<Given> {
  return fc.record(
    {
      state: fc.constant(state),
      decided: fc.array(decision, { maxLength: 3 }),
      admitted: fc.boolean(),
      activated: fc.boolean(),
      endedBy: fc.constantFrom(...END_CAUSES),
      show: fc.constant<false>(false),
      ask: fc
        .constantFrom(...MODES)
        .map((mode) => ({ destination: { host: "a.example.com", port: 443, mode } })),
    },
    { requiredKeys: ["state"] },
  );
}

const context: fc.Arbitrary<SurfaceContext> = fc
  .tuple(
    observed,
    fc.boolean(),
    fc.constantFrom("C0SECURITY", undefined),
    fc.constantFrom(NINE, NINE + 30 * DAY),
  )
  .map(([words, over, approvalsChannel, now]) => ({
    approvalsChannel,
    progress: {
      lines: Array.from({ length: 9 }, () => ({
        step: "egress-gateway",
        status: "waiting",
        text: words,
      })),
    },
    problem: { outcome: "refusal", reason: "ObjectRefused", what: words, why: words, fix: words },
    move: over
      ? { at: now, from: words, to: words, prefix: words, before: words, channel: "C0TEAMX000" }
      : undefined,
    stuck: { why: words, over },
    unprovenForMs: HOUR,
    now,
    changed: undefined,
  }));

const seenAt = fc.constantFrom<Omit<Surveyed, "survey">>(
  { now: NINE, sweepMs: HOUR },
  { now: NINE + 100 * HOUR, sweepMs: HOUR },
);

/** A line that tells twice what is to be said of the verdict. */
function changeOf(record: RequestRecord): SurfaceContext["changed"] {
  const words = saidVerdict(record)?.words;
  return words === undefined
    ? undefined
    : { at: NINE, before: "", words, backAt: NINE + 1, backWords: words };
}

describe("every message keeps Slack's limits, whatever is in it", () => {
  it.each(REQUEST_STATES)("of a request that is %s", (state) => {
    fc.assert(
      fc.property(typed, givenIn(state), context, (words, given, around) => {
        for (const record of [
          hugeRecord(words, given),
          hugeSeveral(words, given),
          aRecord(given),
        ]) {
          const surfaces = surfacesOf(record, { ...around, changed: changeOf(record) });
          expect(surfaces.map(({ message }) => problemsOf(message)).flat()).toEqual([]);
          const keys = surfaces.map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("of a refusal", () => {
    fc.assert(
      fc.property(observed, observed, (words, others) => {
        const refusal = {
          outcome: "refusal",
          reason: "ObjectRefused",
          what: words,
          why: others,
          fix: words,
          ask: { groups: Array.from({ length: 200 }, (_, index) => `S0G${index}`), users: [] },
          decided: { verdict: "deny", by: { userId: "U0A", teamId: "T0" }, at: NINE },
        } as const;
        expect(problemsOf(renderRefusal(refusal, { to: "U0B" }))).toEqual([]);
      }),
    );
  });

  it("of what was probably meant", () => {
    const request = fc
      .array(fc.constantFrom("a.example.com", "b.example.com:443", "kafka.example.com:9092"), {
        minLength: 1,
        maxLength: 40,
      })
      .map((hosts) => hosts.join(" "));
    fc.assert(
      fc.property(request, observed, (hosts, words) => {
        const text = `please open ${hosts} for an hour because ${words}`.slice(0, 2000);
        const found = interpret(text, {});
        if (found.kind === "refusal") expect(problemsOf(renderRefusal(found.refusal))).toEqual([]);
        else expect(found.kind).toMatch(/suggestion|reply/);
        if (found.kind === "suggestion")
          expect(problemsOf(renderSuggestion(found, "U0ALICE"))).toEqual([]);
      }),
    );
  });

  it("of an offer", () => {
    fc.assert(
      fc.property(typed, fc.integer({ min: 60_000, max: 400 * DAY }), (words, offeredMs) => {
        const offers = [hugeRecord(words), hugeSeveral(words)].map((record) =>
          renderOffer(record, { by: "U0SECURITY", offeredMs }),
        );
        expect(offers.flatMap(problemsOf)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it("of an alarm", () => {
    fc.assert(
      fc.property(observed, (words) => {
        const texts = [alarmText(words), overText(words)];
        expect(texts.flatMap((text) => problemsOf({ text }))).toEqual([]);
      }),
    );
  });

  it("and every line of status and list", () => {
    fc.assert(
      fc.property(typed, seen, fc.constantFrom(...BOARD_STATES), (words, look, state) => {
        const record = hugeRecord(words, { state: "active", decided: [{ reason: words }] });
        const entry = { state, endsAt: NINE, verdict: "advisory" };
        expect(statusLine(record, entry, look).length).toBeLessThan(500);
        expect(listLine(record, entry, look).length).toBeLessThan(600);
      }),
    );
  });

  it("and what is said of gateways and meshes, of one cluster or of many", () => {
    fc.assert(
      fc.property(observed, fc.constantFrom(1, 3, 6), seenAt, (words, times, when) => {
        const clusters = hugeClusters(words, times, when);
        const gateways = renderGateways(clusters);
        const meshes = renderMesh(
          clusters.map(({ cluster: { name }, surveyed }) => ({ name, surveyed })),
        );

        expect([...problemsOf(gateways), ...problemsOf(meshes)]).toEqual([]);
        expect(textsIn(gateways.blocks).join("")).toMatch(
          /and \d+ more, for which there is no room/,
        );
      }),
      { numRuns: 20 },
    );
  });

  it("a card that shows not all warnings says how many more there are", () => {
    const { blocks } = renderCard(hugeRecord("a warning"));

    expect(JSON.stringify(blocks)).toContain("*35 more warnings*: see the full plan");
  });
});
