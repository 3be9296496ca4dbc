import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { Grant } from "#src/domain/grant.ts";
import { isWithin } from "#src/domain/network/limits.ts";
import {
  isOfSameDoor,
  letsPassAll,
  type Passing,
} from "#src/domain/request/egress-grant/amended.ts";
import { aGrantOf, aKeyring, aRequest } from "#test/support/signed-request.ts";

const ACCOUNTS = ["feeds", "orders", "reports"];
const PATHS = ["/", "/*", "/v1", "/v1/*", "/v1/a", "/v1/a/*", "/v1/a/b", "/v10", "/v2/*"];
const METHODS = ["DELETE", "GET", "POST"];

const limits = {
  paths: fc.subarray(PATHS, { minLength: 1 }),
  methods: fc.subarray(METHODS, { minLength: 1 }),
};
const passing: fc.Arbitrary<Passing> = fc.record({
  scope: fc.record({
    namespace: fc.constantFrom("team-x", "team-y"),
    serviceAccounts: fc.subarray(ACCOUNTS),
  }),
  destination: fc.record(limits, { requiredKeys: [] }),
});

const requests = ["team-x", "team-y"].flatMap((namespace) =>
  [...ACCOUNTS, "nobody"].flatMap((account) =>
    ["/", "/x", "/v1", "/v1/", "/v1/a", "/v1/a/", "/v1/a/b", "/v1/b", "/v10", "/v2/c", "*"].flatMap(
      (path) => [...METHODS, "PUT"].map((method) => ({ namespace, account, path, method })),
    ),
  ),
);

/** What a request has to be to pass: said anew, so that the proof is not held against itself. */
function passes(
  { scope: { namespace, serviceAccounts }, destination }: Passing,
  request: (typeof requests)[number],
): boolean {
  return (
    request.namespace === namespace &&
    (serviceAccounts.length === 0 || serviceAccounts.includes(request.account)) &&
    isWithin(destination, request)
  );
}

describe("one lets all pass that another one does", () => {
  it("only where no request passes by the other one alone", () => {
    fc.assert(
      fc.property(passing, passing, (wide, narrow) => {
        fc.pre(letsPassAll(wide, narrow));

        const alone = requests.filter((each) => passes(narrow, each) && !passes(wide, each));
        expect(alone).toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  it("wherever the other one has less of what is listed, or is listed where all is let pass", () => {
    fc.assert(
      fc.property(passing, fc.gen(), (wide, gen) => {
        function some(list: readonly string[]): readonly string[] {
          return gen(fc.subarray, [...list], { minLength: 1 });
        }
        const { scope, destination } = wide;
        const accounts = scope.serviceAccounts.length === 0 ? ACCOUNTS : scope.serviceAccounts;
        const narrow = {
          scope: { ...scope, serviceAccounts: some(accounts) },
          destination: {
            paths: some(destination.paths ?? PATHS),
            methods: some(destination.methods ?? METHODS),
          },
        };

        expect(letsPassAll(wide, narrow)).toBe(true);
        expect(letsPassAll(wide, wide)).toBe(true);
      }),
    );
  });

  it.each<[string, Passing["destination"], Passing["destination"], boolean]>([
    ["what lies below", { paths: ["/v1/*"] }, { paths: ["/v1/a", "/v1/b/*"] }, true],
    ["not what is above", { paths: ["/v1/*"] }, { paths: ["/v1"] }, false],
    ["not what only begins alike", { paths: ["/v1/*"] }, { paths: ["/v10/a"] }, false],
    ["not all, by naming some", { paths: ["/*"] }, {}, false],
    ["not another method", { methods: ["GET"] }, { methods: ["GET", "HEAD"] }, false],
  ])("%s", (_, wide, narrow, is) => {
    const scope = { namespace: "team-x", serviceAccounts: [] };

    expect(letsPassAll({ scope, destination: wide }, { scope, destination: narrow })).toBe(is);
  });
});

describe("the door of a grant", () => {
  const grant = aGrantOf(aRequest(aKeyring()));
  const { scope, destination } = grant;

  it.each<[string, Partial<Grant>, boolean]>([
    ["id", { id: "EG-00009" }, true],
    ["accounts", { scope: { ...scope, serviceAccounts: ["other"] } }, true],
    ["limits", { destination: { ...destination, paths: ["/v1"], methods: ["GET"] } }, true],
    ["end", { latestEnd: 1, durationMs: 1 }, true],
    ["cluster", { cluster: "other" }, false],
    ["team", { team: "other" }, false],
    ["namespace", { scope: { ...scope, namespace: "other" } }, false],
    ["gateway", { gateway: { namespace: "egress-gw", name: "other" } }, false],
    ["host", { destination: { ...destination, host: "other.example.com" } }, false],
    ["port", { destination: { ...destination, port: 8443 } }, false],
    ["mode", { destination: { ...destination, mode: "tcp" } }, false],
    ["via", { destination: { ...destination, via: "front.example.com" } }, false],
  ])("of another %s", (_, change, is) => {
    expect(isOfSameDoor(grant, { ...grant, ...change })).toBe(is);
    expect(isOfSameDoor({ ...grant, ...change }, grant)).toBe(is);
  });
});
