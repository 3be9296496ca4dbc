import { describe, expect, it } from "@jest/globals";
import type { Destination, Grant, Scope } from "#src/domain/grant.ts";
import {
  alreadyGranted,
  coveringGrant,
  type HeldGrant,
  partlyGranted,
} from "#src/domain/plan/already-granted.ts";
import { aGrant } from "../compile/proven-grants.ts";

const HTTP: Destination = { host: "api.example.com", port: 80, mode: "http" };
const STAR: Destination = { host: "*.example.com", port: 443, mode: "tls", via: "a.example.com" };

function accounts(...serviceAccounts: readonly string[]): Scope {
  return { namespace: "team-x", serviceAccounts };
}

function asked(destination: Destination, scope: Scope = accounts("orders", "other")) {
  return { cluster: "prod", scope, destination };
}

function held(
  given: Partial<Pick<Grant, "id" | "scope" | "destination" | "cluster">>,
  end: string | undefined = "2027-01-31T10:00:00Z",
): HeldGrant {
  const grant = aGrant({
    id: "EG-00002",
    cluster: "prod",
    scope: accounts("orders"),
    destination: HTTP,
    latestEnd: Date.parse("2027-06-30T00:00:00Z"),
    ...given,
  });
  return { grant, endsAt: end === undefined ? undefined : Date.parse(end) };
}

const NOT_ACTIVE_YET: HeldGrant = { ...held({ id: "EG-00003" }), endsAt: undefined };

describe("who of a request has it already", () => {
  it.each([
    [
      "one of two",
      [held({})],
      undefined,
      "orders has it until 2027-01-31 10:00 UTC by EG-00002; only other is new",
    ],
    [
      "one of three",
      [held({})],
      accounts("billing", "orders", "other"),
      "orders has it until 2027-01-31 10:00 UTC by EG-00002; only billing and other are new",
    ],
    [
      "two of three, by one grant",
      [held({ scope: accounts("billing", "orders") })],
      accounts("billing", "orders", "other"),
      "billing and orders have it until 2027-01-31 10:00 UTC by EG-00002; only other is new",
    ],
    [
      "two of three, by two grants",
      [held({}), held({ id: "EG-00003", scope: accounts("billing") }, "2027-03-01T00:00:00Z")],
      accounts("billing", "orders", "other"),
      "billing has it until 2027-03-01 00:00 UTC by EG-00003, orders has it until 2027-01-31 10:00 UTC by EG-00002; only other is new",
    ],
    [
      "one by two grants: the one that lasts longer",
      [held({}), held({ id: "EG-00003" }, "2027-03-01T00:00:00Z")],
      undefined,
      "orders has it until 2027-03-01 00:00 UTC by EG-00003; only other is new",
    ],
    [
      "one whose clock does not run yet",
      [NOT_ACTIVE_YET],
      undefined,
      "orders has it at the latest until 2027-06-30 00:00 UTC by EG-00003; only other is new",
    ],
    [
      "all of them, by several grants",
      [held({}), held({ id: "EG-00003", scope: accounts("other") })],
      undefined,
      "orders has it until 2027-01-31 10:00 UTC by EG-00002, other has it until 2027-01-31 10:00 UTC by EG-00003; nobody is new",
    ],
    [
      "one account, where the whole namespace asks",
      [held({})],
      accounts(),
      "orders has it until 2027-01-31 10:00 UTC by EG-00002; only every other account of the namespace is new",
    ],
  ])("%s", (_what, live, scope, line) => {
    expect(partlyGranted(asked(HTTP, scope), live)).toEqual([`already granted in part: ${line}`]);
    expect(alreadyGranted(asked(HTTP, scope), live)).toBeUndefined();
  });

  it("names a few of many", () => {
    const many = Array.from({ length: 9 }, (_, at) => `app-${at}`);
    const [line] = partlyGranted(asked(HTTP, accounts(...many)), [
      held({ scope: accounts("app-0") }),
    ]);

    expect(line).toMatch(/; only app-1, app-2, app-3, app-4 and 4 more are new$/u);
  });
});

const V1: Destination = { ...HTTP, paths: ["/v1/*"] };
const GET: Destination = { ...HTTP, methods: ["GET"] };

function below(host: string): Destination {
  return { host, port: 443, mode: "tls" };
}

/** What is granted, what is asked, and whether who has the first has the second. */
const PAIRS: readonly (readonly [string, Destination, Destination, boolean])[] = [
  ["the same", HTTP, HTTP, true],
  ["another host", { ...HTTP, host: "b.example.com" }, HTTP, false],
  ["another port", { ...HTTP, port: 8080 }, HTTP, false],
  ["another mode", { ...HTTP, mode: "originate" }, HTTP, false],
  ["the same wildcard", STAR, STAR, true],
  ["another way of a wildcard", { ...STAR, via: "b.example.com" }, STAR, false],
  ["a wildcard, for a host below it", STAR, below("b.example.com"), true],
  ["a wildcard, for a host further below it", STAR, below("a.b.example.com"), true],
  ["a wildcard, for its apex", STAR, below("example.com"), false],
  ["a wildcard, for a host that only ends alike", STAR, below("notexample.com"), false],
  [
    "a wildcard, for one below it by the same way",
    STAR,
    { ...STAR, host: "*.b.example.com" },
    true,
  ],
  ["a wildcard, for one above it", { ...STAR, host: "*.b.example.com" }, STAR, false],
  ["a host, for the wildcard above it", below("b.example.com"), STAR, false],
  ["everything, for some paths", HTTP, V1, true],
  ["some paths, for everything", V1, HTTP, false],
  ["a star, for a path below it", V1, { ...HTTP, paths: ["/v1/items"] }, true],
  ["a star, for a star below it", V1, { ...HTTP, paths: ["/v1/items/*"] }, true],
  ["a star, for the path above it", V1, { ...HTTP, paths: ["/v1"] }, false],
  ["a star, for a path that only begins alike", V1, { ...HTTP, paths: ["/v10/items"] }, false],
  ["a path, for a star", { ...HTTP, paths: ["/v1/items"] }, V1, false],
  ["one path of two", V1, { ...HTTP, paths: ["/v1/items", "/v2"] }, false],
  ["every path", { ...HTTP, paths: ["/*"] }, V1, true],
  ["everything, for a method", HTTP, GET, true],
  ["a method, for everything", GET, HTTP, false],
  ["two methods, for one", { ...HTTP, methods: ["GET", "POST"] }, GET, true],
  ["one method, for two", GET, { ...HTTP, methods: ["GET", "POST"] }, false],
  ["paths of all methods, for one method of these", V1, { ...V1, methods: ["GET"] }, true],
  ["one method of all paths, for all methods of some", GET, V1, false],
];

describe("a live grant gives what is asked", () => {
  it.each(PAIRS)("where it has as much: %s", (_what, given, wanted, isGiven) => {
    const wide = held({ destination: given, scope: accounts("orders", "other") });
    const part = held({ destination: given });

    expect(alreadyGranted(asked(wanted), [wide]) !== undefined).toBe(isGiven);
    expect(partlyGranted(asked(wanted), [part])).toHaveLength(isGiven ? 1 : 0);
  });

  it("but a wildcard not what goes by a grant of its own", () => {
    const wildcard = held({ destination: STAR, scope: accounts("orders", "other") });
    const own = held({
      id: "EG-00003",
      destination: below("b.example.com"),
      scope: accounts("billing"),
    });
    const elsewhere = held({
      id: "EG-00003",
      destination: { ...below("b.example.com"), port: 8443 },
    });
    const wanted = asked(below("b.example.com"), accounts("orders"));

    expect(alreadyGranted(wanted, [wildcard, own])).toBeUndefined();
    expect(partlyGranted(wanted, [wildcard, own])).toEqual([]);
    expect(alreadyGranted(wanted, [wildcard, elsewhere])).toBeDefined();
    expect(
      alreadyGranted(asked(below("c.example.com"), accounts("orders")), [wildcard, own]),
    ).toBeDefined();
    expect(alreadyGranted(asked(STAR, accounts("orders")), [wildcard, own])).toBeUndefined();
  });

  it("in its own cluster and namespace alone", () => {
    const elsewhere = [
      held({ cluster: "test" }),
      held({ scope: { namespace: "team-y", serviceAccounts: ["orders"] } }),
      held({ scope: { namespace: "team-y", serviceAccounts: [] } }),
    ];

    expect(partlyGranted(asked(HTTP), elsewhere)).toEqual([]);
    expect(
      coveringGrant(
        asked(HTTP),
        elsewhere.map(({ grant }) => grant),
      ),
    ).toBeUndefined();
  });

  it("and is named with its end, where it gives all of it", () => {
    expect(alreadyGranted(asked(HTTP, accounts("orders")), [held({})])?.why).toContain(
      "EG-00002 already grants it to team-x until 2027-01-31 10:00 UTC",
    );
  });
});
