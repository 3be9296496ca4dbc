import { describe, expect, it } from "@jest/globals";
import type { BoardEntry } from "#src/domain/request/board.ts";
import { fateOf, orderFate } from "#src/domain/request/fate.ts";
import { REQUEST_STATES, type RequestState } from "#src/domain/request/lifecycle.ts";
import type { DecisionVerdict } from "#src/domain/request/request.ts";
import {
  aDecision,
  aKeyring,
  anActiveRequest,
  anOrder,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const active = anActiveRequest(keys, {});

function decided(verdict: DecisionVerdict) {
  const decision = aDecision(active, { verdict, at: NINE });
  const { payload, envelope } = keys.decision.sign("decision", decision);
  return { decision, stored: { payload, envelope } };
}

/** The lane's word after the decision, or from before it. */
function aBoard(after: boolean, frozen = false) {
  return { at: after ? NINE + 1 : NINE - 1, frozen };
}

function entry(state: BoardEntry["state"]): BoardEntry {
  return { state, endsAt: NINE };
}

/** States in which a stored request shows that a decision of this kind was carried out. */
const DONE: Readonly<Record<DecisionVerdict, readonly RequestState[]>> = {
  approve: REQUEST_STATES.filter((state) => state !== "approved"),
  deny: ["refused", "denied", "cancelled", "lapsed", "ended"],
  cancel: ["refused", "denied", "cancelled", "lapsed", "ended"],
  revoke: ["refused", "denied", "cancelled", "lapsed", "ended"],
};

describe("what became of a recorded decision", () => {
  it.each(["approve", "deny", "cancel", "revoke"] as const)(
    "%s: by the request's state",
    (verdict) => {
      const { decision, stored } = decided(verdict);

      const done = REQUEST_STATES.filter(
        (state) =>
          fateOf(decision, {
            record: { state, decisions: [stored] },
            board: undefined,
            entries: [],
          }) === "carried-out",
      );

      expect(done).toEqual(DONE[verdict]);
    },
  );

  it.each(["approve", "deny", "cancel", "revoke"] as const)(
    "%s: lost where no store and no lane knows of it",
    (verdict) => {
      const { decision, stored } = decided(verdict);
      const older = { state: "pending", decisions: [] } as const;
      const seen = { board: aBoard(true), entries: [] };

      expect(fateOf(decision, { ...seen, record: undefined })).toBe("lost");
      expect(fateOf(decision, { ...seen, record: older })).toBe("lost");
      expect(
        fateOf(decision, { ...seen, record: { state: "approved", decisions: [stored] } }),
      ).toBe("under-way");
    },
  );

  it("a revoke: by what a lane said after it, of grants it saw", () => {
    const { decision, stored } = decided("revoke");
    const record = { state: "ending", decisions: [stored] } as const;

    expect(fateOf(decision, { record, board: aBoard(true), entries: [entry("ended")] })).toBe(
      "carried-out",
    );
    expect(fateOf(decision, { record, board: aBoard(true), entries: [entry("ending")] })).toBe(
      "carried-out",
    );
    expect(fateOf(decision, { record, board: aBoard(false), entries: [entry("ended")] })).toBe(
      "under-way",
    );
    expect(
      fateOf(decision, { record, board: aBoard(true), entries: [entry("ended"), entry("active")] }),
    ).toBe("under-way");
    expect(
      fateOf(decision, { record: undefined, board: aBoard(true), entries: [entry("active")] }),
    ).toBe("lost");
  });

  it("an approval: by any grant a lane reports", () => {
    const { decision } = decided("approve");

    expect(
      fateOf(decision, { record: undefined, board: aBoard(false), entries: [entry("applying")] }),
    ).toBe("carried-out");
  });

  it.each([
    ["freeze", true, true, "carried-out"],
    ["freeze", true, false, "under-way"],
    ["freeze", false, true, "under-way"],
    ["unfreeze", true, false, "carried-out"],
    ["unfreeze", true, true, "under-way"],
    ["unfreeze", false, false, "under-way"],
  ] as const)(
    "%s, where a lane said after it (%s) that it is frozen (%s): %s",
    (verdict, after, frozen, fate) => {
      const { payload } = anOrder(keys, "freeze-1", { verdict, at: NINE });

      expect(orderFate(payload, { board: aBoard(after, frozen) })).toBe(fate);
      expect(orderFate(payload, { board: undefined })).toBe("under-way");
    },
  );
});
