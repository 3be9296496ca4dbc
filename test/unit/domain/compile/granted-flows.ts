import { expect } from "@jest/globals";
import fc from "fast-check";
import { type Destination, gatewayKey, type Grant } from "#src/domain/grant.ts";
import { isWithin } from "#src/domain/network/limits.ts";
import { listeningPort, modeOf } from "#src/domain/network/modes/modes.ts";
import { includes, isWildcard } from "#src/domain/network/wildcard.ts";
import { findConflicts } from "#src/domain/plan/conflicts/find-conflicts.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import { readCatalogue } from "#test/simulators/kubernetes/mesh/catalogue.ts";
import { connectIn } from "#test/simulators/kubernetes/mesh/connect.ts";
import { client, covers, nameOf, SPOKEN, worldOf } from "./mesh-of-grants.ts";
import { GATEWAYS, NAMESPACES, someGrant, someGrants } from "./some-grants.ts";

/** What an app tries, and who it is. */
interface Flow {
  readonly namespace: string;
  readonly account: string;
  readonly speaks: "http" | "tls" | "tcp";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly method: string;
}

const ACCOUNTS = ["feeds", "orders", "nobody"];
const PATHS = ["/", "/health", "/v1", "/v1/", "/v1/items", "/v10"];
const METHODS = ["GET", "POST", "DELETE"];
/** Beside those that grants name: below the wildcard, its apex, a host that only ends alike, and one of nobody. */
const HOSTS = [
  "any.example.org",
  "a.b.example.org",
  "example.org",
  "notexample.org",
  "c.example.com",
];

/**
 * Which grant lets a flow pass, known from the grants alone: of the hosts granted on that port in the namespace the
 * narrowest decides, by the account and, of what the gateway reads, by path and method. In a gateway's HTTP server a host
 * of its own wins against a wildcard, whatever the port.
 */
function letBy(flow: Flow, grants: readonly Grant[]): Grant | undefined {
  const there = grants.filter(
    ({ scope, destination }) =>
      scope.namespace === flow.namespace &&
      listeningPort(destination) === flow.port &&
      includes(destination.host, flow.host),
  );
  const own = there.filter(({ destination }) => !isWildcard(destination.host));
  return (own.length > 0 ? own : there).find(
    (grant) =>
      covers(grant, flow.namespace, flow.account) &&
      isSpoken(flow, grant.destination) &&
      (modeOf(grant.destination).passes === "tunnel" ||
        (isWithin(grant.destination, flow) &&
          !(isWildcard(grant.destination.host) && hasOwnRoute(flow, grant, grants)))),
  );
}

function isSpoken({ speaks }: Flow, { mode }: Destination): boolean {
  return SPOKEN[mode].app === speaks;
}

function hasOwnRoute({ host }: Flow, { gateway }: Grant, grants: readonly Grant[]): boolean {
  return grants.some(
    (other) =>
      other.destination.host === host &&
      modeOf(other.destination).passes === "route" &&
      gatewayKey(other.gateway) === gatewayKey(gateway),
  );
}

/** Those of a list that may stand beside the ones before them, as everywhere where they are asked for one by one. */
function letThrough(list: readonly Grant[]): readonly Grant[] {
  return list.reduce<readonly Grant[]>((live, asked) => {
    const { refusals } = findConflicts({
      grants: [asked],
      live,
      observed: {
        objects: [],
        sidecars: [],
        exportDefaults: SHOWN_TO_ALL,
        tcp: { hostsHaveAddresses: true, httpServices: [] },
      },
      gateways: GATEWAYS,
      namespaces: NAMESPACES,
      instance: "demo",
    });
    return refusals.length === 0 ? [...live, asked] : live;
  }, []);
}

/** Every flow one step away from what a grant lets pass, and it. */
function flowsAround({ scope, destination }: Grant, anything: Flow): readonly Flow[] {
  const { host, mode, paths, methods } = destination;
  const flow: Flow = {
    namespace: scope.namespace,
    account: scope.serviceAccounts[0] ?? "nobody",
    speaks: SPOKEN[mode].app,
    host: host.replace("*.", "any."),
    port: listeningPort(destination),
    path: paths?.[0]?.replace("*", "items") ?? "/",
    method: methods?.[0] ?? "GET",
  };
  const { namespace, account, port, path, method } = anything;
  return [
    flow,
    { ...flow, namespace },
    { ...flow, account },
    { ...flow, host: anything.host },
    { ...flow, port },
    { ...flow, path, method },
  ];
}

/** Anything somebody may try. */
const anything: fc.Arbitrary<Flow> = fc.record({
  namespace: fc.constantFrom(...NAMESPACES.map(({ namespace }) => namespace)),
  account: fc.constantFrom(...ACCOUNTS),
  speaks: fc.constantFrom("http", "tls"),
  host: fc.constantFrom(...HOSTS, "below.example.org", "a.example.com"),
  port: fc.constantFrom(80, 443, 8080, 8443),
  path: fc.constantFrom(...PATHS),
  method: fc.constantFrom(...METHODS),
});

const someFlows = fc.array(anything, { minLength: 4, maxLength: 4 });

/** On the mesh every granted flow passes by its gateway and door, and every other is refused. */
export function assertGrantedFlows(numRuns: number): void {
  fc.assert(
    fc.property(someGrants, someFlows, (list, flows) => assertFlows(letThrough(list), flows)),
    { numRuns },
  );
}

/** What a grant gives otherwise by another one. */
const otherwise = fc.record({
  accounts: fc.subarray(["feeds", "orders"]),
  limits: fc.record(
    {
      paths: fc.subarray(["/", "/health", "/v1", "/v1/*", "/v1/items"], { minLength: 1 }),
      methods: fc.subarray(METHODS, { minLength: 1 }).map((methods) => methods.toSorted()),
    },
    { requiredKeys: [] },
  ),
});

/**
 * While a grant and one that amends it are open, what passes is what the one or the other gives; after it what the new one
 * does.
 */
export function assertAmendedFlows(numRuns: number): void {
  fc.assert(
    fc.property(someGrant, otherwise, someFlows, (before, { accounts, limits }, flows) => {
      const { host, port, mode, via } = before.destination;
      const isLimited = modeOf(before.destination).passes === "route";
      const after: Grant = {
        ...before,
        id: "EG-AMEND",
        scope: { ...before.scope, serviceAccounts: accounts },
        destination: {
          host,
          port,
          mode,
          ...(via === undefined ? {} : { via }),
          ...(isLimited ? limits : {}),
        },
      };
      fc.pre(letThrough([before, after]).length === 2);

      assertFlows([before, after], flows);
      const around = [before, after].flatMap((grant) =>
        flows.flatMap((each) => flowsAround(grant, each)),
      );
      assertFlows([after], [...flows, ...around]);
    }),
    { numRuns },
  );
}

function assertFlows(grants: readonly Grant[], flows: readonly Flow[]): void {
  const world = worldOf(grants);
  const catalogue = readCatalogue(world.objects);
  const around = grants.flatMap((grant) => flows.flatMap((each) => flowsAround(grant, each)));
  for (const flow of [...flows, ...around]) {
    const { namespace, account, speaks, ...rest } = flow;
    const outcome = connectIn(catalogue, world, {
      client: client(namespace, account),
      kind: speaks,
      insecure: true,
      ...rest,
      // The sidecar goes by the name, but for bytes: these have none.
      ...(speaks === "tcp" ? {} : { address: "192.0.2.99" }),
    });
    const by = letBy(flow, grants);
    const door = by === undefined ? undefined : nameOf(by);
    const passed = outcome.sourceAddress !== undefined;

    expect({ flow, passed, door: passed ? door : undefined }).toEqual({
      flow,
      passed: by !== undefined,
      door,
    });
    if (door !== undefined) {
      expect(outcome.gatewayLines[0]).toMatchObject({ namespace: by?.gateway.namespace });
      expect(outcome.gatewayLines[0]?.line).toContain(door);
    }
  }
}
