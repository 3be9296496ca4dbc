import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { STEP_KINDS } from "#src/domain/request/shapes.ts";
import { evidenceView, planView } from "#src/slack/views/record-views.ts";
import { textsIn } from "#test/simulators/slack/block-kit-limits.ts";
import { HOUR, NINE } from "#test/support/signed-request.ts";
import { aRecord } from "../request-record.ts";

/* What a message leaves out, for it to be short, stands in the window behind its button: whatever there is of it. */

const SEEN = {
  board: { cluster: "prod-1", at: NINE, configDigest: "", frozen: false, grants: {} },
  now: NINE,
  sweepMs: HOUR,
};

/** So many of something, each told apart. */
function some(name: string, max = 12): fc.Arbitrary<readonly string[]> {
  return fc.nat(max).map((count) => Array.from({ length: count }, (_, at) => `${name}-${at}-end`));
}

function shown(view: { readonly blocks: readonly unknown[] }): string {
  return textsIn(view.blocks).join("\n");
}

function missing(text: string, all: readonly string[]): readonly string[] {
  return all.filter((each) => !text.includes(each));
}

describe("behind Full plan", () => {
  it("stands every warning, account, address, step, and who decides by which rule", () => {
    fc.assert(
      fc.property(
        some("warning"),
        some("account", 64),
        some("2001:db8:"),
        some("adopt"),
        fc.subarray([...STEP_KINDS]),
        (warnings, serviceAccounts, addresses, steps, kinds) => {
          const record = aRecord({
            ask: { scope: { namespace: "team-x", serviceAccounts } },
            show: {
              warnings,
              addresses,
              rule: "weather maps",
              adoption: { headline: "shown already", steps },
              steps: kinds.map((kind) => ({ kind, target: `${kind}-target`, spec: { kind } })),
            },
          });

          const text = shown(planView(record));

          expect(
            missing(text, [
              ...warnings,
              ...serviceAccounts,
              ...addresses,
              ...steps,
              ...kinds.map((kind) => `${kind}-target`),
              "weather maps",
              "shown already",
              "egress-gw/egw",
              "`tls`",
            ]),
          ).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("behind Evidence", () => {
  it("stands every check with its lines, every reason why it is not enforced, and what the app does", () => {
    fc.assert(
      fc.property(some("cause", 6), some("log line"), some("adopt"), (causes, lines, steps) => {
        const checks = causes.map((cause) => ({
          name: "nothing-else" as const,
          verdict: "failed" as const,
          explanation: cause,
          lines,
        }));
        const advisories = ["ALLOW_ANY lets all out", ...causes];
        const record = aRecord({
          state: "active",
          admitted: true,
          activated: true,
          decided: [{ verdict: "approve", id: "d-approve" }],
          evidence: {
            at: NINE,
            serial: 1,
            egressIpPrefix: "203.0.113.0/31",
            verdict: "advisory",
            advisories,
            checks,
            adoption: { headline: "shown already", steps },
          },
        });

        const text = shown(evidenceView(record, undefined, SEEN));

        expect(
          missing(text, [
            ...advisories,
            ...steps,
            ...(causes.length === 0 ? [] : lines),
            "d-approve",
            "203.0.113.0/31",
            "connect with TLS to `edition.cnn.com:443`",
            "with the mesh's sidecar",
            "It ends by itself",
            `@sallyport revoke ${record.id}`,
          ]),
        ).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});
