import { describe, expect, it } from "@jest/globals";
import * as models from "@kubernetes-models/istio/networking.istio.io/v1";
import * as security from "@kubernetes-models/istio/security.istio.io/v1";
import * as telemetry from "@kubernetes-models/istio/telemetry.istio.io/v1";
import fc from "fast-check";
import { compile, type Compiled } from "#src/domain/compile/compile.ts";
import { doorName, upstreamId } from "#src/domain/compile/names.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { CompiledObject } from "#src/domain/compile/shapes.ts";
import type { Grant } from "#src/domain/grant.ts";
import type { ConflictInput } from "#src/domain/plan/conflicts/conflict.ts";
import { tooManyPorts } from "#src/domain/plan/conflicts/too-many-ports.ts";
import { SHOWN_TO_ALL } from "#src/domain/plan/ways-out/mesh-fields.ts";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { aGrant, GATEWAY } from "./proven-grants.ts";
import {
  compiled,
  compiledBackwards,
  GATEWAY_NAMESPACES,
  keyOf,
  someGrant as grant,
  someGrants as grants,
} from "./some-grants.ts";

/** Random sets of grants for a law, by what one costs: more than 5000 in all. */
const RUNS = { dear: { numRuns: 150 }, fair: { numRuns: 550 }, cheap: { numRuns: 1200 } } as const;

const NO_CONFLICTS: ConflictInput = {
  grants: [],
  live: [],
  observed: { objects: [], sidecars: [], exportDefaults: SHOWN_TO_ALL },
  gateways: [GATEWAY],
  namespaces: [],
  instance: "demo",
};

/** What the laws are about: everything but annotations. */
function contentOf({ object }: Compiled): string {
  const { annotations: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

/** Places with null, `{}` or `[]`. */
function emptyIn(value: unknown, path: string): readonly string[] {
  if (typeof value !== "object") return [];
  const entries = Object.entries(value ?? {});
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, inner]) => emptyIn(inner, `${path}.${key}`));
}

describe("compile", () => {
  it("is confluent: the order of grants, namespaces and gateways never matters", () => {
    fc.assert(
      fc.property(grants, fc.infiniteStream(fc.nat()), (list, random) => {
        const shuffled = list
          .map((entry) => ({ entry, at: random.next().value }))
          .toSorted((one, other) => one.at - other.at);

        expect(compiledBackwards(shuffled.map(({ entry }) => entry))).toEqual(compiled(list));
      }),
      RUNS.fair,
    );
  });

  it("is monotone: one more grant changes nothing in other namespaces, nor another key at the gateway", () => {
    fc.assert(
      fc.property(grants, grant, (list, added) => {
        const before = list.filter(({ id }) => id !== added.id);
        const after = new Map(
          compiled([...before, added]).map((item) => [keyOf(item), contentOf(item)]),
        );
        const door = doorName({ namespace: added.scope.namespace, destination: added.destination });
        for (const item of compiled(before)) {
          const { namespace } = item.object.metadata;
          const ownSide =
            namespace === added.scope.namespace ||
            contentOf(item).includes(door) ||
            keyOf(item).includes(
              upstreamId(added.gateway, modeOf(added.destination).upstream(added.destination)),
            );

          if (!ownSide) expect(after.get(keyOf(item))).toBe(contentOf(item));
        }
      }),
      RUNS.fair,
    );
  });

  it("is content-addressed: a gateway-side object depends on its door's grants alone", () => {
    fc.assert(
      fc.property(grants, (list) => {
        const all = new Map(compiled(list).map((item) => [keyOf(item), contentOf(item)]));
        for (const { scope, destination } of list) {
          const mine = list.filter(
            ({ scope: other, destination: there }) =>
              other.namespace === scope.namespace &&
              JSON.stringify(there) === JSON.stringify(destination),
          );
          for (const item of compiled(mine)) {
            if (!GATEWAY_NAMESPACES.has(item.object.metadata.namespace ?? "")) continue;

            expect(all.get(keyOf(item))).toBe(contentOf(item));
          }
        }
      }),
      RUNS.fair,
    );
  });

  it("emits only objects that our own shapes and Istio's schemas accept, under names that are DNS labels", () => {
    fc.assert(
      fc.property(grants, (list) => {
        for (const { object } of compiled(list)) {
          expect(object.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
          expect(() => CompiledObject.parse(object)).not.toThrow();
          expect(() => validate(object.kind, object)).not.toThrow();
        }
      }),
      RUNS.dear,
    );
  });

  it("emits nothing null or empty: an apply that empties a map is refused, and nulls are", () => {
    fc.assert(
      fc.property(grants, (list) => {
        for (const { object } of compiled(list)) expect(emptyIn(object.spec, "spec")).toEqual([]);
      }),
      RUNS.fair,
    );
  });

  it("never emits a ServiceEntry of more ports than Istio takes, of grants that were let through", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1024, max: 14_999 }), { minLength: 250, maxLength: 262 }),
        (ports) => {
          const list = ports.map((port, index) =>
            aGrant({
              id: `EG-${String(index).padStart(5, "0")}`,
              destination: { host: "edition.cnn.com", port, mode: "http" },
            }),
          );
          const letThrough = list.reduce<readonly Grant[]>(
            (live, each) =>
              tooManyPorts(each, { ...NO_CONFLICTS, live }).length === 0 ? [...live, each] : live,
            [],
          );

          expect(letThrough).toHaveLength(Math.min(ports.length, 256));
          for (const { object } of compiled(letThrough))
            expect(() => validate(object.kind, object)).not.toThrow();
        },
      ),
      { numRuns: 5, endOnFailure: true },
    );
  });

  it("never gives two keys one name", () => {
    fc.assert(
      fc.property(grants, (list) => {
        const keys = compiled(list).map(keyOf);

        expect(new Set(keys).size).toBe(keys.length);
      }),
      RUNS.cheap,
    );
  });

  it("never lets two servers of a gateway share an SNI, nor makes a tunnel server without a grant", () => {
    fc.assert(
      fc.property(grants, (list) => {
        const tunnels = compiled(list).filter(
          ({ object, grantIds }) => object.kind === "Gateway" && grantIds.length > 0,
        );
        const hosts = tunnels.map(
          ({ object }) => JSON.stringify(object.spec?.["servers"]).match(/"\.\/[^"]+"/)?.[0],
        );
        const doors = new Set(
          list
            .filter(({ destination }) => modeOf(destination).passes === "tunnel")
            .map(({ scope, destination }) => doorName({ namespace: scope.namespace, destination })),
        );

        expect(new Set(hosts).size).toBe(hosts.length);
        expect(tunnels.length).toBe(doors.size);
        expect(JSON.stringify(tunnels)).not.toContain('"subjectAltNames":[]');
      }),
      RUNS.cheap,
    );
  });

  it("names grants on a tunnel's Gateway and a route's VirtualService, and on nothing else", () => {
    fc.assert(
      fc.property(grants, (list) => {
        const annotated = compiled(list).filter(
          ({ object }) => object.metadata.annotations !== undefined,
        );
        const named = annotated.flatMap(({ object }) =>
          Object.values(object.metadata.annotations ?? {}),
        );

        expect(
          annotated.every(
            ({ object }) =>
              GATEWAY_NAMESPACES.has(object.metadata.namespace ?? "") &&
              (object.kind === "Gateway" || object.metadata.name.startsWith("r-")),
          ),
        ).toBe(true);
        expect(named.toSorted()).toEqual(list.map(({ id }) => id).toSorted());
      }),
      RUNS.cheap,
    );
  });

  it.each([
    ["a-b.example.com", "a.b.example.com"],
    [`${"x".repeat(60)}.example.com`, `${"x".repeat(61)}.example.com`],
  ])("keeps %s and %s apart", (one, other) => {
    const [first, second] = [one, other].map((host) =>
      compiled([aGrant({ destination: { host, port: 443, mode: "tls" } })])
        .filter(({ grantIds, object }) => grantIds.length > 0 && object.kind !== "Telemetry")
        .map(keyOf),
    );

    // The rule for the gateway's host is the namespace's, whatever the destination.
    expect(first?.filter((key) => second?.includes(key) === true)).toEqual([
      expect.stringMatching(/^DestinationRule team-x\/egress-egw-/),
    ]);
  });

  it("gives two gateways of one namespace an upstream each for the same destination", () => {
    const neighbour = { ...GATEWAY, ref: { ...GATEWAY.ref, name: "egx" } };
    const keys = compile({
      instance: "demo",
      grants: [
        aGrant({ id: "EG-00001" }),
        aGrant({
          id: "EG-00002",
          gateway: neighbour.ref,
          scope: { namespace: "team-b", serviceAccounts: [] },
        }),
      ],
      namespaces: [],
      gateways: [GATEWAY, neighbour],
    }).map(keyOf);

    expect(new Set(keys).size).toBe(keys.length);
  });

  it("opens a door to the whole namespace as soon as one grant covers it", () => {
    const narrow = aGrant({
      id: "EG-00001",
      scope: { namespace: "team-a", serviceAccounts: ["feeds"] },
    });
    const wide = aGrant({ id: "EG-00002", scope: { namespace: "team-a", serviceAccounts: [] } });

    expect(JSON.stringify(compiled([narrow]))).toContain(
      '"subjectAltNames":["spiffe://cluster.local/ns/team-a/sa/feeds"]',
    );
    expect(JSON.stringify(compiled([narrow, wide]))).not.toContain("/ns/team-a/sa/feeds");
  });
});

const KINDS: Readonly<Record<string, new (data: never) => { validate(): void }>> = {
  Gateway: models.Gateway,
  ServiceEntry: models.ServiceEntry,
  VirtualService: models.VirtualService,
  DestinationRule: models.DestinationRule,
  AuthorizationPolicy: security.AuthorizationPolicy,
  Telemetry: telemetry.Telemetry,
};

function validate(kind: string, object: object): void {
  const Model = KINDS[kind];
  if (Model === undefined) throw new Error(`no schema for ${kind}`);
  new Model(object as never).validate();
}

describe("the shapes", () => {
  const { object } = compiled([
    aGrant({ scope: { namespace: "team-a", serviceAccounts: ["feeds"] } }),
  ]).find((item) => item.object.metadata.annotations !== undefined) ?? { object: undefined };

  it.each([
    ["an empty list of accounts", '["spiffe://cluster.local/ns/team-a/sa/feeds"]', "[]"],
    ["a server open to every host", /"\.\/[^"]*internal"/, '"./*"'],
    ["a field nobody knows", '"ISTIO_MUTUAL"', '"ISTIO_MUTUAL","maxProtocolVersion":"TLSV1_0"'],
    ["a selector of every pod", '{"istio":"egw-sel"}', "{}"],
  ])("refuse a tunnel with %s", (_what, from, to) => {
    const text = JSON.stringify(object);
    const broken = text.replace(from, to);

    expect(broken).not.toBe(text);
    expect(CompiledObject.safeParse(JSON.parse(text)).success).toBe(true);
    expect(CompiledObject.safeParse(JSON.parse(broken) as KubernetesObject).success).toBe(false);
  });
});
