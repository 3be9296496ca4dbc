import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { reachedIn } from "#src/domain/admin/registry-only/reached.ts";
import { type FieldTexts, toLine } from "#src/domain/evidence/log/access-log.ts";

function aLine(fields: FieldTexts) {
  return toLine("", { upstreamCluster: "PassthroughCluster", ...fields });
}

describe("what is reached without a grant", () => {
  it("is what left by no entry, by the name it was asked by and the port it went to", () => {
    const lines = [
      aLine({ authority: "api.example.com", upstreamHost: "192.0.2.20:80" }),
      aLine({ authority: "api.example.com:80", upstreamHost: "192.0.2.21:80" }),
      aLine({ requestedServerName: "edition.cnn.com", upstreamHost: "192.0.2.10:443" }),
      aLine({ upstreamHost: "192.0.2.30:5432" }),
      aLine({ downstreamLocalAddress: "192.0.2.31:22" }),
      aLine({ upstreamCluster: "BlackHoleCluster", authority: "refused.example.com" }),
      aLine({ upstreamCluster: "outbound|443||egw.egress-gw.svc.cluster.local" }),
      aLine({ upstreamCluster: "-" }),
    ];

    expect(reachedIn([{ namespace: "team-x", lines }])).toEqual({
      reached: [
        { to: "api.example.com:80", count: 2, namespaces: ["team-x"] },
        { to: "192.0.2.30:5432", count: 1, namespaces: ["team-x"] },
        { to: "192.0.2.31:22", count: 1, namespaces: ["team-x"] },
        { to: "edition.cnn.com:443", count: 1, namespaces: ["team-x"] },
      ],
      more: 0,
    });
  });

  it("counts every line once, names each namespace once, and keeps a hundred", () => {
    const line = fc
      .integer({ min: 0, max: 150 })
      .map((host) => aLine({ authority: `h${host}.example.com`, upstreamHost: "192.0.2.1:443" }));
    const namespaces = fc.uniqueArray(
      fc.record({
        namespace: fc.constantFrom("a", "b", "c"),
        lines: fc.array(line, { maxLength: 300 }),
      }),
      { selector: ({ namespace }) => namespace },
    );
    fc.assert(
      fc.property(namespaces, (read) => {
        const { reached, more } = reachedIn(read);
        const all = new Set(read.flatMap(({ lines }) => lines.map(({ authority }) => authority)));
        expect(reached.length + more).toBe(all.size);
        expect(reached.length).toBeLessThanOrEqual(100);
        const counts = reached.map(({ count }) => count);
        expect(counts).toEqual(counts.toSorted((one, other) => other - one));
        for (const { to, count, namespaces: where } of reached) {
          const having = read.map(({ namespace, lines }) => ({
            namespace,
            times: lines.filter(({ authority }) => `${authority}:443` === to).length,
          }));
          expect(having.reduce((sum, { times }) => sum + times, 0)).toBe(count);
          const there = having.filter(({ times }) => times > 0).map(({ namespace }) => namespace);
          expect(where).toEqual(there.toSorted());
        }
      }),
    );
  });
});
