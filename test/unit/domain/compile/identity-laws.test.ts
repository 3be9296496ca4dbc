import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { z } from "zod";
import { compile } from "#src/domain/compile/compile.ts";
import { doorName } from "#src/domain/compile/names.ts";
import { CompiledObject } from "#src/domain/compile/shapes.ts";
import type { Grant } from "#src/domain/grant.ts";
import { aGrant, GATEWAY } from "./proven-grants.ts";

/** Prefixes and suffixes of each other, and accounts that differ where a regular expression's dot would not care. */
const NAMESPACES = ["team", "team-a", "team-a-b", "a", "sa", "ns"];
const ACCOUNTS = ["a", "a.b", "axb", "a-b", "team-a", "default", "sa", `${"r".repeat(60)}.reports`];
const TRUST_DOMAINS = ["cluster.local", "clusterxlocal", "td.example_1"];

interface Identity {
  readonly namespace: string;
  readonly account: string;
}

const IDENTITIES: readonly Identity[] = NAMESPACES.flatMap((namespace) =>
  ACCOUNTS.map((account) => ({ namespace, account })),
);

const grants = fc.uniqueArray(
  fc
    .record({
      id: fc.nat({ max: 99_999 }).map((number) => `EG-${number}`),
      namespace: fc.constantFrom(...NAMESPACES),
      accounts: fc.subarray(ACCOUNTS),
      host: fc.constantFrom("a.example.com", "b.example.com"),
      port: fc.constantFrom(80, 8080),
    })
    .map(({ id, namespace, accounts, host, port }) =>
      aGrant({
        id,
        scope: { namespace, serviceAccounts: accounts.toSorted() },
        destination: { host, port, mode: "http" },
      }),
    ),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
);
const trustDomain = fc.constantFrom(...TRUST_DOMAINS);

const Match = z.object({
  headers: z.record(
    z.string(),
    z.object({ exact: z.string().optional(), regex: z.string().optional() }),
  ),
});
type Match = z.infer<typeof Match>;
const Route = z.object({ http: z.tuple([z.object({ match: z.array(Match).min(1) })]) });

/** Every match of every http route, in order, after our own shapes took the object. */
function matchesOf(list: readonly Grant[], domain: string): readonly Match[] {
  return compile({
    instance: "demo",
    grants: list,
    namespaces: [],
    gateways: [{ ...GATEWAY, trustDomain: domain }],
  })
    .filter(({ object }) => object.metadata.name.startsWith("r-"))
    .flatMap(({ object }) => {
      CompiledObject.parse(object);
      return Route.parse(object.spec).http[0].match;
    });
}

/** Envoy matches a header's regular expression against the whole value. */
function accepts({ headers }: Match, clientCertificate: string): boolean {
  const regex = headers["x-forwarded-client-cert"]?.regex;
  return regex === undefined || new RegExp(`^(?:${regex})$`).test(clientCertificate);
}

function passes(
  matches: readonly Match[],
  at: { readonly door: string; readonly clientCertificate: string },
): boolean {
  return matches.some(
    (match) =>
      match.headers["x-egress-grant"]?.exact === at.door && accepts(match, at.clientCertificate),
  );
}

function uri({ namespace, account }: Identity, domain: string): string {
  return `URI=spiffe://${domain}/ns/${namespace}/sa/${account}`;
}

/** The forms Envoy writes one element in. */
const ELEMENTS: readonly ((uri: string) => string)[] = [
  (id) => id,
  (id) =>
    `By=spiffe://cluster.local/ns/egress-gw/sa/egw-sa;Hash=${"0".repeat(64)};Subject="";${id}`,
  (id) => `Hash=${"0".repeat(64)};Subject="";${id};DNS=a.example.com`,
];

describe("an http door's identity", () => {
  it("is matched by every route, and is exactly that of the accounts granted that door", () => {
    fc.assert(
      fc.property(grants, trustDomain, (list, domain) => {
        const matches = matchesOf(list, domain);
        for (const grant of list) {
          const door = doorName({
            namespace: grant.scope.namespace,
            destination: grant.destination,
          });
          for (const identity of IDENTITIES) {
            const passing = ELEMENTS.map((element) =>
              passes(matches, { door, clientCertificate: element(uri(identity, domain)) }),
            );

            expect({ door, identity, passing }).toEqual({
              door,
              identity,
              passing: ELEMENTS.map(() => isGranted(list, door, identity)),
            });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is not that of another trust domain, however alike", () => {
    fc.assert(
      fc.property(grants, trustDomain, trustDomain, (list, domain, other) => {
        fc.pre(domain !== other);
        const matches = matchesOf(list, domain);

        expect(
          IDENTITIES.some((identity) =>
            matches.some((match) => accepts(match, uri(identity, other))),
          ),
        ).toBe(false);
      }),
    );
  });

  it.each([
    ["two elements, the granted one last", "By=x;URI=OTHER,By=y;URI=GRANTED"],
    ["two elements, the granted one first", "By=x;URI=GRANTED,By=y;URI=OTHER"],
    ["the granted id as By", "By=GRANTED;URI=OTHER"],
    ["an id that goes on behind the granted one", "By=x;URI=GRANTED/more"],
    ["an id that begins before the granted one", "By=x;URI=spiffe://xGRANTED"],
    ["a pair whose name only ends with URI", "By=x;XURI=GRANTED"],
    ["no id", 'By=x;Hash=0;Subject=""'],
    ["nothing", ""],
  ])("is refused in a header with %s", (_what, form) => {
    const [wide, narrow] = [[], ["feeds"]].map((serviceAccounts) =>
      matchesOf([granted(serviceAccounts)], "cluster.local"),
    );
    const value = form
      .replaceAll("GRANTED", "spiffe://cluster.local/ns/team-a/sa/feeds")
      .replaceAll("OTHER", "spiffe://cluster.local/ns/team-b/sa/feeds");

    for (const matches of [wide ?? [], narrow ?? []]) {
      expect(matches).toHaveLength(1);
      expect(matches.some((match) => accepts(match, value))).toBe(false);
    }
  });

  it.each([
    ["no identity", /"x-forwarded-client-cert":\{[^}]*\}/, '"x-other":{"exact":"y"}'],
    ["any identity", /URI=spiffe[^"]*"/, 'URI=.*"'],
    ["any namespace", "/ns/team-a/", "/ns/[^/]+/"],
    ["an unescaped dot", String.raw`cluster\\.local`, "cluster.local"],
  ])("is no valid route with %s", (_what, from, to) => {
    const { object } =
      compile({
        instance: "demo",
        grants: [granted([])],
        namespaces: [],
        gateways: [GATEWAY],
      }).find((item) => item.object.metadata.name.startsWith("r-")) ?? {};
    const text = JSON.stringify(object);
    const broken = text.replace(from, to);

    expect(broken).not.toBe(text);
    expect(CompiledObject.safeParse(JSON.parse(text)).success).toBe(true);
    expect(CompiledObject.safeParse(JSON.parse(broken)).success).toBe(false);
  });
});

function granted(serviceAccounts: readonly string[]): Grant {
  return aGrant({
    scope: { namespace: "team-a", serviceAccounts },
    destination: { host: "a.example.com", port: 80, mode: "http" },
  });
}

function isGranted(
  list: readonly Grant[],
  door: string,
  { namespace, account }: Identity,
): boolean {
  return list.some(
    ({ scope, destination }) =>
      doorName({ namespace: scope.namespace, destination }) === door &&
      scope.namespace === namespace &&
      (scope.serviceAccounts.length === 0 || scope.serviceAccounts.includes(account)),
  );
}
