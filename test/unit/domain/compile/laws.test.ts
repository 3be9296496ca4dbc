import { describe, expect, it } from "@jest/globals";
import * as models from "@kubernetes-models/istio/networking.istio.io/v1";
import * as security from "@kubernetes-models/istio/security.istio.io/v1";
import * as telemetry from "@kubernetes-models/istio/telemetry.istio.io/v1";
import fc from "fast-check";
import { compile, type Compiled } from "#src/domain/compile/compile.ts";
import { doorName, upstreamId } from "#src/domain/compile/names.ts";
import { type GatewayFacts, gatewayKey, type Grant } from "#src/domain/grant.ts";
import { aGrant, GATEWAY } from "./proven-grants.ts";

const OTHER_GATEWAY: GatewayFacts = {
  ...GATEWAY,
  ref: { namespace: "egress-b", name: "egw" },
  selector: { istio: "egw-b" },
  serviceHost: "egw.egress-b.svc.cluster.local",
};

const grant: fc.Arbitrary<Grant> = fc
  .record({
    id: fc
      .integer({ min: 0, max: 99_999 })
      .map((number) => `EG-${String(number).padStart(5, "0")}`),
    namespace: fc.constantFrom("team-a", "team-b", "team-c"),
    accounts: fc.subarray(["feeds", "orders", "reports"]),
    host: fc.constantFrom(
      "a-b.example.com",
      "a.b.example.com",
      "a.example.com",
      "xn--bcher-kva.example",
      `${"x".repeat(60)}.example.com`,
    ),
    port: fc.constantFrom(80, 443, 8080, 8443),
  })
  .map(({ id, namespace, accounts, host, port }) => {
    // One host and port has one mode and one gateway in a namespace: conflicts are refused before compiling.
    const mode = port === 443 || port === 8443 ? ("tls" as const) : ("http" as const);
    const gateway = namespace === "team-c" ? OTHER_GATEWAY.ref : GATEWAY.ref;
    return aGrant({
      id,
      gateway,
      scope: { namespace, serviceAccounts: accounts.toSorted() },
      destination: { host, port, mode },
    });
  });

const grants = fc.uniqueArray(grant, { selector: ({ id }) => id, maxLength: 12 });

function compiled(list: readonly Grant[]): readonly Compiled[] {
  const namespaces = ["team-a", "team-b"].map((namespace) => ({
    namespace,
    gateway: gatewayKey(GATEWAY.ref),
  }));
  return compile({
    instance: "demo",
    grants: list,
    namespaces: [...namespaces, { namespace: "team-c", gateway: gatewayKey(OTHER_GATEWAY.ref) }],
    gateways: [GATEWAY, OTHER_GATEWAY],
  });
}

function keyOf({ object }: Compiled): string {
  return `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`;
}

/** What the laws are about: everything but annotations. */
function contentOf({ object }: Compiled): string {
  const { annotations: _, ...metadata } = object.metadata;
  return JSON.stringify({ ...object, metadata });
}

describe("compile", () => {
  it("is confluent: the order of the grants never matters", () => {
    fc.assert(
      fc.property(grants, fc.infiniteStream(fc.nat()), (list, random) => {
        const shuffled = list
          .map((entry) => ({ entry, at: random.next().value }))
          .toSorted((one, other) => one.at - other.at);

        expect(compiled(shuffled.map(({ entry }) => entry))).toEqual(compiled(list));
      }),
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
            keyOf(item).includes(upstreamId(added.destination));

          if (!ownSide) expect(after.get(keyOf(item))).toBe(contentOf(item));
        }
      }),
    );
  });

  it("is reversible: adding a grant and taking it away leaves what was there", () => {
    fc.assert(
      fc.property(grants, grant, (list, added) => {
        const before = list.filter(({ id }) => id !== added.id);

        expect(compiled([...before, added].filter(({ id }) => id !== added.id))).toEqual(
          compiled(before),
        );
      }),
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
            if (item.object.metadata.namespace?.startsWith("egress") !== true) continue;

            expect(all.get(keyOf(item))).toBe(contentOf(item));
          }
        }
      }),
    );
  });

  it("emits only objects that Istio's schemas accept, under names that are DNS labels", () => {
    fc.assert(
      fc.property(grants, (list) => {
        for (const { object } of compiled(list)) {
          expect(object.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
          expect(() => validate(object.kind, object)).not.toThrow();
        }
      }),
    );
  });

  it("never gives two keys one name", () => {
    fc.assert(
      fc.property(grants, (list) => {
        const keys = compiled(list).map(keyOf);

        expect(new Set(keys).size).toBe(keys.length);
      }),
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
            .filter(({ destination }) => destination.mode === "tls")
            .map(({ scope, destination }) => doorName({ namespace: scope.namespace, destination })),
        );

        expect(new Set(hosts).size).toBe(hosts.length);
        expect(tunnels.length).toBe(doors.size);
        expect(JSON.stringify(tunnels)).not.toContain('"subjectAltNames":[]');
      }),
    );
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
