import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Check } from "#src/domain/evidence/check.ts";
import { guardsSeen } from "#src/domain/evidence/guard-seen.ts";
import type { StoredEvidence } from "#src/domain/request/stored-evidence.ts";
import { anAsked } from "#test/support/signed-request.ts";

function check(name: Check["name"], explanation: string): Check {
  return { name, verdict: "passed", explanation, lines: [] };
}

interface Proof {
  readonly namespace: string;
  readonly at: number;
  readonly looked: boolean;
  readonly several: boolean;
}

function recordOf({ namespace, at, looked, several }: Proof, index: number) {
  const checks = [check("reaches", "it answers"), ...(looked ? [check("no-bypass", `${at}`)] : [])];
  const evidence: StoredEvidence = {
    checks: several ? [] : checks,
    verdict: "advisory",
    advisories: [],
    at: several ? at + 1000 : at,
    serial: 1,
    egressIpPrefix: undefined,
    ...(several
      ? { grants: { "EG-00000.1": { checks, verdict: "advisory", advisories: [], at } } }
      : {}),
  };
  const asked = anAsked({ scope: { namespace, serviceAccounts: [] } });
  return { id: `EG-0000${index}`, asked, evidence };
}

describe("what was seen of a guard", () => {
  it("is by namespace what the newest proof that looked for it says", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            namespace: fc.constantFrom("team-x", "team-y"),
            at: fc.integer({ min: 1, max: 900 }),
            looked: fc.boolean(),
            several: fc.boolean(),
          }),
          { maxLength: 8 },
        ),
        (proofs) => {
          const seen = guardsSeen(proofs.map(recordOf));

          for (const namespace of ["team-x", "team-y"]) {
            const times = proofs
              .filter((each) => each.namespace === namespace && each.looked)
              .map(({ at }) => at);
            const newest = seen.get(`prod-1/${namespace}`);
            expect(newest?.check.explanation).toBe(
              times.length === 0 ? undefined : `${Math.max(...times)}`,
            );
          }
        },
      ),
    );
  });
});
