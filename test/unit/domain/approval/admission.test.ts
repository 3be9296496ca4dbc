import { describe, expect, it } from "@jest/globals";
import { approvalProblem, isOver } from "#src/domain/approval/admission.ts";
import {
  aDecision,
  aKeyring,
  anActiveRequest,
  aPlanStatement,
  DAY,
  NINE,
} from "#test/support/signed-request.ts";

const keys = aKeyring();
const record = anActiveRequest(keys);
const at = { trust: keys.trust, now: NINE };

describe("an approval", () => {
  it("is worth a day, and no longer", () => {
    const chain = approvalProblem(record, at);
    if (typeof chain === "string") throw new Error(chain);
    const decided = Math.min(...chain.decisions.map(({ payload }) => payload.at));

    expect(isOver(chain, decided + DAY)).toBe(false);
    expect(isOver(chain, decided + DAY + 1)).toBe(true);
  });

  it("of another plan than the one that waits counts for nothing", () => {
    const planned = aPlanStatement(keys, record, { at: NINE + 1 });

    expect(approvalProblem({ ...record, planned }, at)).toBe("no-approval");
  });

  it("by another key is none, whoever it names", () => {
    const forged = aKeyring().decision.sign("decision", aDecision(record, { verdict: "approve" }));

    expect(approvalProblem({ ...record, decisions: [forged] }, at)).toBe("cannot-be-verified");
  });

  it.each(["planned", "card"] as const)("without a signed %s cannot be verified", (field) => {
    const { [field]: _, ...rest } = record;

    expect(approvalProblem(rest, at)).toBe("cannot-be-verified");
  });
});
