import { describe, expect, it } from "@jest/globals";
import type { BoardEntry, Seen } from "#src/domain/request/board.ts";
import { evidenceView } from "#src/slack/views/record-views.ts";
import { DAY, HOUR, NINE } from "#test/support/signed-request.ts";
import { aRecord } from "../request-record.ts";

const CHECK = {
  name: "reaches",
  verdict: "passed",
  explanation: "HTTP 200",
  lines: ["200 OK"],
} as const;
const EVIDENCE = {
  at: NINE + HOUR,
  serial: 1,
  egressIpPrefix: undefined,
  verdict: "enforced",
  advisories: [],
  checks: [CHECK],
} as const;

function seenAgo(ago: number): Seen {
  const now = NINE + DAY;
  const board = { cluster: "prod-1", at: now - ago, configDigest: "", frozen: false, grants: {} };
  return { board, now, sweepMs: 60_000 };
}

const ACTIVE: BoardEntry = { state: "active", endsAt: NINE + 31 * DAY, verdict: "enforced" };

function shown(entry: BoardEntry | undefined, seen: Seen): string {
  const record = aRecord({ state: "active", admitted: true, activated: true, evidence: EVIDENCE });
  return JSON.stringify(evidenceView(record, entry, seen).blocks);
}

describe("the evidence of a grant", () => {
  it("begins with what a lane saw of it, and when", () => {
    expect(shown(ACTIVE, seenAgo(30_000))).toMatch(/\*Active\* \(enforced\), .*as of 08:59 UTC/);
  });

  it("is not confirmed where no lane ran for two sweeps", () => {
    const view = shown(ACTIVE, seenAgo(HOUR));

    expect(view).toMatch(/\*Active when last seen\*.*not confirmed since 08:00 UTC/);
  });

  it("is not confirmed where no lane reports the grant, whatever the stored request says", () => {
    const view = shown(undefined, seenAgo(0));

    expect(view).toMatch(/\*Admitted, not confirmed\*/);
    expect(view).not.toMatch(/\*Active\*/);
  });

  it("says of which time the checks are, with the lines they rest on", () => {
    const view = shown(ACTIVE, seenAgo(0));

    expect(view).toMatch(/Last verification, as of <!date[^>]*2026-03-02 10:00 UTC>/);
    expect(view).toMatch(/passed \*reaches\*: HTTP 200/);
    expect(view).toMatch(/"text":"200 OK"/);
  });

  it("of one that ended is first what was verified after it ended", () => {
    const removal = { checks: [CHECK], verdict: "enforced", advisories: [] } as const;
    const record = aRecord({ state: "ended", evidence: { ...EVIDENCE, removal } });
    const view = JSON.stringify(evidenceView(record, undefined, seenAgo(0)).blocks);

    expect(view).toMatch(/After it ended, as of .*Last verification, as of /);
  });

  it("that was never verified says so", () => {
    const view = evidenceView(aRecord({ state: "pending" }), undefined, seenAgo(0));

    expect(JSON.stringify(view.blocks)).toMatch(/Waiting for approval.*was not verified yet/);
  });
});
