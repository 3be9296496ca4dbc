import { describe, expect, it } from "@jest/globals";
import { judge, type Observed } from "#src/domain/evidence/judge.ts";
import {
  judgeEachRevision,
  MOST_RUNS,
  notSeen,
  revisionsToProve,
  type Run,
  wantsAnother,
} from "#src/domain/upgrades/each-revision.ts";
import { observed, output } from "#test/unit/domain/evidence/observations.ts";
import { logOf } from "#test/unit/domain/evidence/recorded-lines.ts";

const OLD = "asm-1-28";
const NEW = "asm-1-29";
const BOTH = [OLD, NEW];

/** A run that a pod of this revision carried; `changes` is what was not as it should be. */
function runBy(revision: string, changes: Partial<Observed> = {}, boundTo = "egw"): Run {
  const pod = { name: revision, ip: "198.18.9.10", boundTo, revision };
  const seen = observed({
    gatewayLogs: [{ pod: revision, lines: logOf("egw") }],
    gatewayPods: [pod],
    ...changes,
  });
  return { observed: seen, evidence: judge(seen) };
}

const LOST = runBy(OLD, { gatewayLogs: [] });

describe("a grant whose gateway has two revisions", () => {
  it("is as it was seen where both carried it", () => {
    const [old, now] = [runBy(OLD), runBy(NEW)];

    expect(old.evidence.verdict).toBe("enforced");
    expect(judgeEachRevision(BOTH, [old, now])).toEqual(old.evidence);
    expect(judgeEachRevision(BOTH, [now, old])).toEqual(now.evidence);
  });

  it("is advisory where one was not seen to carry it, which is unknown and says so", () => {
    const evidence = judgeEachRevision(BOTH, [runBy(OLD), runBy(OLD), LOST]);

    expect(evidence.verdict).toBe("advisory");
    expect(evidence.advisories).toEqual([
      "whether it works through pods of gateway revision asm-1-29 is unknown, as none of the probe's connections came to them; it is looked for again with the next verification",
    ]);
    expect(evidence.checks).toEqual(runBy(OLD).evidence.checks);
  });

  it.each([
    ["first", [runBy(NEW, {}, "else"), runBy(OLD)]],
    ["last", [runBy(OLD), runBy(NEW, {}, "else")]],
    ["beside a pod that is well", [runBy(OLD), runBy(NEW), runBy(NEW, {}, "else")]],
  ])("is advisory where one leaves from elsewhere: %s", (_what, runs) => {
    const evidence = judgeEachRevision(BOTH, runs);

    expect(evidence.verdict).toBe("advisory");
    expect(evidence.advisories).toEqual([
      expect.stringMatching(
        /^through pods of gateway revision asm-1-29 it was not seen to work: gateway pod asm-1-29 is bound to StaticGatewayConfiguration else/,
      ),
    ]);
  });

  it("stays unproven where neither was seen to carry it", () => {
    expect(judgeEachRevision(BOTH, [LOST]).verdict).toBe("unproven");
    expect(judgeEachRevision(BOTH, [runBy(OLD, {}, "else")]).verdict).toBe("unproven");
  });

  it("keeps what else is advisory", () => {
    const open = { outbound: { mode: "ALLOW_ANY" } } as const;

    expect(judgeEachRevision(BOTH, [runBy(OLD, open)]).advisories).toHaveLength(2);
  });

  it("is proven by the scope's own traffic for the revisions that it went through", () => {
    const [line] = logOf("egw");
    if (line === undefined) throw new Error("no line");
    const run = runBy(OLD);
    const own = { ...run, observed: { ...run.observed, ownTraffic: { pod: OLD, line } } };

    expect(judgeEachRevision(BOTH, [own]).advisories).toEqual([
      expect.stringMatching(/asm-1-29 is unknown, as none of the traffic that proves it/),
    ]);
    expect(wantsAnother(BOTH, [own])).toBe(false);
  });
});

describe("with one revision", () => {
  it("nothing is said of revisions, and nothing runs again", () => {
    const run = runBy(NEW);

    expect(judgeEachRevision([OLD], [run])).toEqual(run.evidence);
    expect(judgeEachRevision([], [run])).toEqual(run.evidence);
    expect(wantsAnother([OLD], [run])).toBe(false);
    expect(notSeen([OLD], [run])).toEqual([]);
  });
});

describe("the probe runs again", () => {
  it.each<readonly [what: string, runs: readonly Run[], again: boolean]>([
    ["while a revision carried none", [runBy(OLD)], true],
    ["also where the pod that carried it leaves from elsewhere", [runBy(NEW, {}, "else")], true],
    ["not once each did", [runBy(OLD), runBy(NEW)], false],
    ["not where the first did not get through", [LOST], false],
    ["not where it did not run", [runBy(OLD, { probe: output() })], false],
    ["within bounds", Array.from({ length: MOST_RUNS }, () => runBy(OLD)), false],
    ["up to these", Array.from({ length: MOST_RUNS - 1 }, () => runBy(OLD)), true],
  ])("%s", (_what, runs, again) => {
    expect(wantsAnother(BOTH, runs)).toBe(again);
  });
});

it("only revisions that have pods carry anything", () => {
  const deployments = [
    { revision: NEW, available: 1, wanted: 2 },
    { revision: OLD, available: 2, wanted: 2 },
    { revision: "asm-1-30", available: 0, wanted: 2 },
  ];

  expect(revisionsToProve(deployments)).toEqual(BOTH);
});
