import { describe, expect, it } from "@jest/globals";
import type { AdminRecord } from "#src/domain/request/request.ts";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import { adminSurfaces } from "#src/slack/render/admin/surfaces.ts";
import type { SurfaceContext } from "#src/slack/render/request/surfaces.ts";
import { orderView } from "#src/slack/views/order-view.ts";
import {
  isMessageTooLong,
  messageBlocksProblems,
  viewProblems,
} from "#test/simulators/slack/block-kit-limits.ts";
import { NINE } from "#test/support/signed-request.ts";
import { anAdminRecord, hugeOrders } from "../admin-record.ts";
import { wire } from "./any-words.ts";

const CONTEXT: SurfaceContext = {
  approvalsChannel: "C0OTHER",
  progress: undefined,
  problem: undefined,
  move: undefined,
  stuck: undefined,
  unprovenForMs: 0,
  now: NINE,
  changed: undefined,
};
const LONG = "news & <weather> 😀 *today*, ".repeat(100);
const MESH = { kind: "mesh registry-only" } as const;

function said(record: AdminRecord): string {
  return JSON.stringify(adminSurfaces(record, CONTEXT).map(({ message }) => message));
}

describe("what people read of an order", () => {
  it.each(REQUEST_STATES)("fits into Slack, however much there is: %s", (state) => {
    for (const record of hugeOrders(LONG, state)) {
      for (const { message } of adminSurfaces(record, CONTEXT)) {
        const blocks = wire(message.blocks ?? []);
        expect(messageBlocksProblems(blocks)).toEqual([]);
        expect(isMessageTooLong(blocks)).toBe(false);
        expect(message.text.length).toBeLessThanOrEqual(4000);
      }
      expect(viewProblems({ ...orderView(record) })).toEqual([]);
    }
  });

  it("says on the card in a line what is refused from then on, and the rest behind Full plan", () => {
    const reached = {
      reached: Array.from({ length: 12 }, (_, index) => ({
        to: `h${index}.example.com:443`,
        count: 12 - index,
        namespaces: ["team-x"],
      })),
      more: 3,
      unknown: [
        { namespace: "team-y", why: "no-lines" as const },
        { namespace: "team-z", why: "no-field" as const },
      ],
    };
    const record = anAdminRecord({ order: MESH, plan: { reached } });

    expect(said(record)).toContain(
      "15 destinations are reached without a grant today, by the newest lines of sidecars' logs: refused after the change unless somebody asks for a grant; of 2 namespaces it cannot be known, or not all of it",
    );
    expect(said(record)).not.toContain("h0.example.com");
    const plan = JSON.stringify(orderView(record));
    expect(plan).toMatch(/h0\.example\.com:443: 12 lines, from team-x.*h9\.example\.com/);
    expect(plan).not.toContain("h10.example.com");
    expect(plan).toContain("and 5 more");
    expect(plan).toContain(
      "team-y: its sidecars write no access log, so what they reach cannot be known",
    );
    expect(plan).toContain("team-z: its access log does not say by which way a line left");
  });

  it("has no Full plan where a gateway is removed", () => {
    const gateway = { namespace: "egress-gw", name: "egw" };
    expect(said(anAdminRecord({ order: MESH, plan: { reached: NONE } }))).toContain("Full plan");
    expect(said(anAdminRecord({ order: { kind: "gateway remove", gateway } }))).not.toContain(
      "Full plan",
    );
  });

  it("says that nothing was changed where somebody said no, and what was not where it is over", () => {
    expect(said(anAdminRecord({ order: MESH, state: "denied" }))).toContain("Nothing was changed.");
    expect(said(anAdminRecord({ order: MESH, state: "ended", left: [] }))).toContain(": done.");
    const inPart = said(
      anAdminRecord({ order: MESH, state: "ended", left: ["asm-1-29: it is new"] }),
    );
    expect(inPart).toContain(
      "carried out as far as it could be. What stays open: asm-1-29: it is new.",
    );
    expect(inPart).not.toMatch(/done|Done/);
  });
});

const NONE = { reached: [], more: 0, unknown: [] };
