import { expect, it } from "@jest/globals";
import {
  probeAttempts,
  removalAttempts,
  whyNotAsked,
} from "#src/domain/evidence/probe/probe-attempts.ts";
import { removalProbe } from "#src/domain/evidence/removal/removal-probe.ts";
import type { Destination, Grant } from "#src/domain/grant.ts";
import { aGrant } from "#test/unit/domain/compile/proven-grants.ts";

const destination: Destination = { host: "edition.cnn.com", port: 8443, mode: "tls" };
const STAR: Destination = { host: "*.example.com", port: 443, mode: "tls", via: "a.example.com" };

function to(place: Destination, id = "EG-00001"): Grant {
  return aGrant({ id, destination: place });
}

function attemptsTo(place: Destination, live: readonly Grant[] = []) {
  return probeAttempts(to(place), live);
}

function removalOf(place: Destination, live: readonly Grant[] = []) {
  return removalAttempts(removalProbe(to(place), live));
}

it("the granted account asks for its destination and for what nobody was granted, by hand at a documentation address", () => {
  expect(attemptsTo(destination).granted).toEqual([
    "reaches tls edition.cnn.com 8443",
    "nothing-else tls ungranted.sallyport.invalid 443 192.0.2.1",
  ]);
});

it("a port on which tcp takes every connection of the namespace is not used for what must be refused", () => {
  const tcp = [443, 8443].map((port, at) =>
    to({ host: "db.example.com", port, mode: "tcp" }, `EG-0000${at + 2}`),
  );
  const elsewhere = { ...to(destination), scope: { namespace: "team-z", serviceAccounts: [] } };

  expect(attemptsTo(destination, tcp).granted[1]).toBe(
    "nothing-else tls ungranted.sallyport.invalid 9443 192.0.2.1",
  );
  expect(attemptsTo({ host: "db.example.com", port: 443, mode: "tcp" }).granted[1]).toBe(
    "nothing-else tls ungranted.sallyport.invalid 8443 192.0.2.1",
  );
  expect(probeAttempts(elsewhere, tcp).granted[1]).toContain(" 443 192.0.2.1");
});

it.each<[string, Destination, readonly Destination[], string]>([
  ["its via host, where that is below it", STAR, [], "tls a.example.com 443"],
  [
    "another name, where its via host is elsewhere",
    { ...STAR, via: "front.example.net" },
    [],
    "tls www.example.com 443 192.0.2.1",
  ],
  [
    "another name, where its via host has a grant of its own",
    STAR,
    [{ host: "a.example.com", port: 443, mode: "tls" }],
    "tls www.example.com 443 192.0.2.1",
  ],
  [
    "a name that no grant has",
    { ...STAR, via: "front.example.net" },
    ["www", "sallyport-0", "b"].map((label) => ({
      host: `${label}.example.com`,
      port: 443,
      mode: "tls",
    })),
    "tls sallyport-1.example.com 443 192.0.2.1",
  ],
  [
    "a path within its limits, over http",
    { host: "*.example.com", port: 80, mode: "http", via: "example.net", paths: ["/v1/*"] },
    [],
    "http www.example.com 80 192.0.2.1 GET /v1/",
  ],
])("of a wildcard a probe asks for %s", (_what, wildcard, taken, asked) => {
  const live = taken.map((each, at) => to(each, `EG-0000${at + 2}`));

  expect(attemptsTo(wildcard, live).granted[0]).toBe(`reaches ${asked}`);
  expect(attemptsTo(wildcard, live).otherAccount).toEqual([`nobody-else ${asked}`]);
  expect(removalOf(wildcard, live)).toEqual([`refused ${asked}`]);
});

it("of a wildcard a pod without sidecar asks for the server itself", () => {
  expect(attemptsTo({ ...STAR, via: "front.example.net" }).noSidecar).toEqual([
    "no-bypass tls front.example.net 443",
  ]);
});

it("the other account and the pod without sidecar ask for the destination alone", () => {
  const http: Destination = { host: "api.example.com", port: 80, mode: "http" };
  expect(attemptsTo(http)).toMatchObject({
    otherAccount: ["nobody-else http api.example.com 80"],
    noSidecar: ["no-bypass http api.example.com 80"],
  });
});

it("after the end the destination is asked for by its own name, so that a direct way out is seen", () => {
  expect(removalOf(destination)).toEqual(["refused tls edition.cnn.com 8443"]);
});

it.each<
  [methods: readonly string[] | undefined, paths: readonly string[] | undefined, asked: string[]]
>([
  [undefined, ["/v1/*"], ["reaches http api.example.com 80 - GET /v1/"]],
  [["POST", "HEAD"], ["/health"], ["reaches http api.example.com 80 - HEAD /health"]],
  [["DELETE", "OPTIONS"], undefined, ["reaches http api.example.com 80 - OPTIONS /"]],
  [["DELETE", "PATCH", "POST", "PUT"], ["/v1/*"], []],
])(
  "of methods %j and paths %j a probe asks only what changes nothing: %j",
  (methods, paths, asked) => {
    const limited: Destination = {
      host: "api.example.com",
      port: 80,
      mode: "http",
      ...(methods === undefined ? {} : { methods }),
      ...(paths === undefined ? {} : { paths }),
    };
    const { granted, otherAccount } = attemptsTo(limited);

    expect(granted.filter((line) => line.startsWith("reaches"))).toEqual(asked);
    expect(otherAccount).toHaveLength(asked.length);
    expect(removalOf(limited)).toHaveLength(asked.length);
    expect(whyNotAsked(limited)).toEqual(
      asked.length > 0 ? undefined : expect.stringContaining("POST"),
    );
  },
);
