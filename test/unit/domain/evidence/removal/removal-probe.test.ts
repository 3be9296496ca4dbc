import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { howAsked, removalProbe } from "#src/domain/evidence/removal/removal-probe.ts";
import type { Destination, Grant, Limits } from "#src/domain/grant.ts";
import { isWithin } from "#src/domain/network/limits.ts";
import { aGrant } from "#test/unit/domain/compile/proven-grants.ts";

const HTTP: Destination = { host: "a.example.com", port: 80, mode: "http" };

function grant(id: string, accounts: readonly string[], destination: Destination = HTTP): Grant {
  return aGrant({ id, destination, scope: { namespace: "team-a", serviceAccounts: accounts } });
}

function asked(ended: Grant, live: readonly Grant[]): readonly [string, string, number] {
  const { account, request, stillGrantedBy } = removalProbe(ended, live);
  return [account, `${request?.method} ${request?.path}`, stillGrantedBy.length];
}

describe("the end of a grant is looked at", () => {
  it.each<[string, Grant, readonly Grant[], readonly [string, string, number]]>([
    ["under its account", grant("EG-1", ["a", "b"]), [], ["a", "GET /", 0]],
    ["under any, of a namespace", grant("EG-1", []), [], ["default", "GET /", 0]],
    [
      "under an account that no live grant lets pass",
      grant("EG-1", ["a", "b"]),
      [grant("EG-2", ["a"])],
      ["b", "GET /", 0],
    ],
    [
      "though others let all its accounts pass",
      grant("EG-1", ["a", "b"]),
      [grant("EG-2", ["a", "b"])],
      ["a", "GET /", 1],
    ],
    [
      "by a path that no live grant lets pass",
      grant("EG-1", ["a"], { ...HTTP, paths: ["/v1/*", "/v2/*"] }),
      [grant("EG-2", ["a"], { ...HTTP, paths: ["/v1/*"] })],
      ["a", "GET /v2/", 0],
    ],
    [
      "below a path that a live grant lets pass",
      grant("EG-1", ["a"]),
      [grant("EG-2", ["a"], { ...HTTP, paths: ["/"] })],
      ["a", "GET /sallyport-probe", 0],
    ],
    [
      "by a method that no live grant lets pass",
      grant("EG-1", ["a"]),
      [grant("EG-2", ["a"], { ...HTTP, methods: ["GET", "POST"] })],
      ["a", "HEAD /", 0],
    ],
    [
      "though a wildcard lets pass what it let pass",
      grant("EG-1", ["a"]),
      [grant("EG-2", ["a"], { ...HTTP, host: "*.example.com", via: "front.example.com" })],
      ["a", "GET /", 1],
    ],
    [
      "whatever other namespaces and ports have",
      grant("EG-1", ["a"]),
      [
        grant("EG-2", ["a"], { ...HTTP, port: 8080 }),
        { ...grant("EG-3", []), scope: { namespace: "team-b", serviceAccounts: [] } },
      ],
      ["a", "GET /", 0],
    ],
  ])("%s", (_what, ended, live, expected) => {
    expect(asked(ended, live)).toEqual(expected);
  });

  it("says what it asked for, and who lets other things pass there", () => {
    const probe = removalProbe(grant("EG-1", ["a"]), [
      grant("EG-2", ["a"], { ...HTTP, paths: ["/"] }),
    ]);

    expect(howAsked(probe)).toBe(
      "asked for GET /sallyport-probe, which EG-2, still open there, does not let pass",
    );
    expect(howAsked(removalProbe(grant("EG-1", ["a"]), []))).toBe("");
  });

  it("by what the ended grant let pass and no live one does, wherever there is such a path and safe method", () => {
    const limits = fc.record(
      {
        paths: fc.subarray(["/", "/v1", "/v1/*", "/v1/items", "/v1/items/*", "/*"], {
          minLength: 1,
        }),
        methods: fc.subarray(["GET", "HEAD", "OPTIONS", "POST"], { minLength: 1 }),
      },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Limits>;
    const accounts = fc.subarray(["a", "b"], { minLength: 1 });
    fc.assert(
      fc.property(
        accounts,
        limits,
        fc.array(fc.tuple(accounts, limits), { maxLength: 3 }),
        (own, mine, others) => {
          const ended = grant("EG-1", own, { ...HTTP, ...mine });
          const live = others.map(([theirs, each], at) =>
            grant(`EG-${at + 2}`, theirs, { ...HTTP, ...each }),
          );
          const { account, request, stillGrantedBy } = removalProbe(ended, live);
          const { method = "", path = "" } = request ?? {};
          const letting = live
            .filter(({ scope }) => scope.serviceAccounts.includes(account))
            .filter(({ destination }) => isWithin(destination, { method, path }));

          expect(own).toContain(account);
          if (request !== undefined) expect(isWithin(mine, { method, path })).toBe(true);
          if (request !== undefined) expect(stillGrantedBy).toEqual(letting.map(({ id }) => id));
          if (own.some((each) => isLeftTo(ended, each, live))) expect(stillGrantedBy).toEqual([]);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const PATHS = ["/", "/v1", "/v1/", "/v1/items", "/v1/items/", "/v1/items/7", "/v1/other", "/other"];

/** Whether the account could ask by the ended grant alone for one of these. */
function isLeftTo(ended: Grant, account: string, live: readonly Grant[]): boolean {
  const letting = live.filter(({ scope }) => scope.serviceAccounts.includes(account));
  return PATHS.some((path) =>
    ["GET", "HEAD", "OPTIONS"].some(
      (method) =>
        isWithin(ended.destination, { method, path }) &&
        !letting.some(({ destination }) => isWithin(destination, { method, path })),
    ),
  );
}
