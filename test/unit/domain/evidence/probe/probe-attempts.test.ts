import { expect, it } from "@jest/globals";
import {
  probeAttempts,
  removalAttempts,
  whyNotAsked,
} from "#src/domain/evidence/probe/probe-attempts.ts";
import type { Destination } from "#src/domain/grant.ts";

const destination: Destination = { host: "edition.cnn.com", port: 8443, mode: "tls" };

it("the granted account asks for its destination and for what nobody was granted, by hand at a documentation address", () => {
  expect(probeAttempts({ destination }).granted).toEqual([
    "reaches tls edition.cnn.com 8443",
    "nothing-else tls ungranted.sallyport.invalid 443 192.0.2.1",
  ]);
});

it("a port that carries everything to one destination is not used for what must be refused", () => {
  const { granted } = probeAttempts({ destination }, { avoidPorts: [443, 8443] });
  expect(granted[1]).toBe("nothing-else tls ungranted.sallyport.invalid 9443 192.0.2.1");
});

it("the other account and the pod without sidecar ask for the destination alone", () => {
  const http: Destination = { host: "api.example.com", port: 80, mode: "http" };
  expect(probeAttempts({ destination: http })).toMatchObject({
    otherAccount: ["nobody-else http api.example.com 80"],
    noSidecar: ["no-bypass http api.example.com 80"],
  });
});

it("after the end the destination is asked for by its own name, so that a direct way out is seen", () => {
  expect(removalAttempts({ destination })).toEqual(["refused tls edition.cnn.com 8443"]);
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
    const { granted, otherAccount } = probeAttempts({ destination: limited });

    expect(granted.filter((line) => line.startsWith("reaches"))).toEqual(asked);
    expect(otherAccount).toHaveLength(asked.length);
    expect(removalAttempts({ destination: limited })).toHaveLength(asked.length);
    expect(whyNotAsked(limited)).toEqual(
      asked.length > 0 ? undefined : expect.stringContaining("POST"),
    );
  },
);
