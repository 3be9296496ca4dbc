import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { REQUEST_STATES } from "#src/domain/request/lifecycle.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { renderResult } from "#src/slack/render/request/result.ts";
import { textsIn } from "#test/simulators/slack/block-kit-limits.ts";
import { NINE } from "#test/support/signed-request.ts";
import { aRecord } from "../request-record.ts";
import { observed, typed, wire } from "./any-words.ts";

/** Lines of a message's blocks, without its buttons. */
function linesOf({ blocks = [] }: ChatMessage): readonly string[] {
  return wire(blocks)
    .filter(({ type }) => type !== "actions")
    .flatMap((block) => textsIn(block).join("").trim().split("\n"));
}

/** Characters of a line on a phone held upright, about. */
const PHONE = 45;

function onPhone(lines: readonly string[]): number {
  return lines
    .map((line) => line.replaceAll(/<!date[^|]*\|([^>]*)>|<@(\w+)>|[`*]/g, "$1$2"))
    .map((line) => Math.max(1, Math.ceil(line.length / PHONE)))
    .reduce((sum, each) => sum + each, 0);
}

const USUAL = { host: "edition.cnn.com", port: 443 } as const;
const destinations = fc.constantFrom(
  { ...USUAL, mode: "tls" },
  { ...USUAL, mode: "tcp" },
  { ...USUAL, mode: "originate" },
  { ...USUAL, port: 80, mode: "http" },
  { ...USUAL, port: 8080, mode: "http", paths: ["/v1/*"], methods: ["GET"] },
  { ...USUAL, host: "*.cnn.com", via: "edition.cnn.com", mode: "tls" },
) satisfies fc.Arbitrary<RequestRecord["asked"]["destination"]>;

const NAMES = [
  "reaches",
  "through-the-gateway",
  "right-source",
  "nothing-else",
  "no-bypass",
] as const;

describe("what is read on a phone", () => {
  it("a result where every check passed is at most five lines, whatever was asked and seen", () => {
    fc.assert(
      fc.property(destinations, observed, fc.boolean(), (destination, words, approved) => {
        const checks = NAMES.map((name) => ({
          name,
          verdict: "passed" as const,
          explanation: words,
          lines: [words],
        }));
        const seenOf = { egressIpPrefix: undefined, verdict: "enforced", advisories: [] } as const;
        const record = aRecord({
          state: "active",
          admitted: true,
          activated: true,
          ask: { destination },
          decided: approved ? [{ verdict: "approve", reason: words.toWellFormed() }] : [],
          evidence: { ...seenOf, at: NINE, serial: 1, checks },
        });
        const lines = linesOf(renderResult(record, { givesUpAt: undefined }));

        expect(lines).toContain("5 of 5 checks passed");
        expect(onPhone(lines)).toBeLessThanOrEqual(destination.mode === "tls" ? 5 : 7);
        expect(lines.length).toBeLessThanOrEqual(5);
      }),
    );
  });

  it("each check that did not pass is a line with its cause, or the verdict's own", () => {
    const verdicts = fc.tuple(
      ...NAMES.map(() => fc.constantFrom("passed", "failed", "unknown")),
    ) as fc.Arbitrary<readonly ("passed" | "failed" | "unknown")[]>;
    fc.assert(
      fc.property(verdicts, (each) => {
        const checks = NAMES.map((name, at) => ({
          name,
          verdict: each[at] ?? ("unknown" as const),
          explanation: `cause ${at}; step ${at}`,
          lines: [],
        }));
        const open = checks.filter(({ verdict }) => verdict !== "passed");
        const isProven = open.every(({ name }) => NAMES.indexOf(name) > 2);
        const verdict = !isProven ? "unproven" : open.length > 0 ? "advisory" : "enforced";
        const record = aRecord({
          state: isProven ? "active" : "unproven",
          admitted: true,
          activated: isProven,
          evidence: {
            at: NINE,
            serial: 1,
            egressIpPrefix: undefined,
            verdict,
            advisories: isProven ? open.map(({ explanation }) => explanation) : [],
            checks,
          },
        });
        const text = linesOf(renderResult(record, { givesUpAt: undefined })).join("\n");

        const said = checks.filter(({ explanation }) => text.includes(explanation));
        expect(said.every((check) => check.verdict !== "passed")).toBe(true);
        const rest = Number(/(\d+) more to read behind Evidence/.exec(text)?.[1] ?? 0);
        expect(said.length + rest).toBe(open.length);
        expect(said.length).toBeGreaterThanOrEqual(Math.min(open.length, 4));
        expect(text).toContain(`${checks.length - open.length} of ${checks.length} checks passed`);
      }),
    );
  });

  it("a card is at most nine lines with three things to beware of, and a line more for each other", () => {
    fc.assert(
      fc.property(
        destinations,
        typed,
        fc.record({
          state: fc.constantFrom(...REQUEST_STATES),
          typedHost: fc.constantFrom("édition.cnn.com", undefined),
          warnings: fc.nat(8),
          adopts: fc.boolean(),
          again: fc.boolean(),
          steps: fc.nat(5),
          accounts: fc.nat(64),
        }),
        (destination, words, { state, typedHost, warnings, adopts, again, steps, accounts }) => {
          const record = aRecord({
            state,
            ask: {
              destination,
              typedHost: typedHost ?? destination.host,
              reason: words,
              scope: {
                namespace: "team-x",
                serviceAccounts: Array.from({ length: accounts }, (_, at) => `account-${at}`),
              },
            },
            show: {
              warnings: Array.from({ length: warnings }, () => words),
              ...(adopts ? { adoption: { headline: "shown already", steps: [words] } } : {}),
              steps: Array.from({ length: steps }, () => ({
                kind: "egress-gateway" as const,
                target: "egw",
                spec: {},
              })),
            },
            ...(again ? { superseded: [{ ...FALLEN, why: words }] } : {}),
          });
          const { mode, paths, via } = { paths: undefined, via: undefined, ...destination };
          const beware = [
            typedHost !== undefined,
            mode === "originate",
            paths !== undefined,
            via !== undefined,
            ...Array.from({ length: Math.min(warnings, 6) }, () => true),
            adopts,
            ...(again && state === "pending" ? [true, true] : []),
          ].filter(Boolean).length;

          const lines = linesOf(renderCard(record));
          expect(lines.length).toBeLessThanOrEqual(9 + Math.max(0, beware - 3));
          expect(lines.length).toBeLessThanOrEqual(6 + beware);
        },
      ),
    );
  });
});

const FALLEN = {
  grantDigest: "abcd".padEnd(64, "0"),
  at: NINE,
  differences: [{ path: "a", before: "1", after: "2" }],
};
