import { expect, it } from "@jest/globals";
import { grantDigest, planBasis } from "#src/domain/plan/grant-digest.ts";
import type { Asked } from "#src/domain/request/request.ts";
import { aShownPlan } from "#test/support/shown-plan.ts";
import { anAsked } from "#test/support/signed-request.ts";

it("is another one for what follows a grant, amends it, or moves it", () => {
  const asked: readonly Partial<Asked>[] = [
    {},
    { follows: "EG-00001" },
    { follows: "EG-00002" },
    { follows: "EG-00001", amends: true },
    { follows: "EG-00001", takesOverAfterMs: 1 },
  ];
  const { cluster: clusterId, ...found } = aShownPlan({ asked: anAsked() }).basis;
  const digests = asked.map((each) =>
    grantDigest(planBasis(anAsked(each), { clusterId, ...found }), []),
  );

  expect(new Set(digests).size).toBe(asked.length);
});
