import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import {
  alsoLetting,
  grantedAccount,
  otherAccount,
  ownDoorObjects,
  probedGrant,
} from "#src/domain/evidence/probe/probed-grant.ts";
import { compile } from "#src/domain/compile/compile.ts";
import type { Grant, Mode } from "#src/domain/grant.ts";
import { aGrant, GATEWAY } from "../../compile/proven-grants.ts";

function onDoor(
  id: string,
  serviceAccounts: readonly string[],
  { mode = "http", host = "a.example.com" }: { readonly mode?: Mode; readonly host?: string } = {},
): Grant {
  return aGrant({
    id,
    scope: { namespace: "team-a", serviceAccounts },
    destination: { host, port: mode === "tls" ? 443 : 80, mode },
  });
}

describe("the accounts of a grant's probes", () => {
  it.each([
    [[], "default", undefined],
    [["orders"], "orders", "default"],
    [["default"], "default", undefined],
    [["a", "default"], "a", undefined],
  ])("of %j are %s, and %s as another", (serviceAccounts, granted, other) => {
    const scope = { namespace: "team-a", serviceAccounts };

    expect([grantedAccount(scope), otherAccount(scope)]).toEqual([granted, other]);
  });
});

describe("the routes that prove a grant", () => {
  it("are its own, then those of live grants that let the probed account through its door", () => {
    const own = onDoor("EG-1", ["orders"]);
    const live = [
      own,
      onDoor("EG-2", []),
      onDoor("EG-3", ["orders", "other"]),
      onDoor("EG-4", ["other"]),
      onDoor("EG-5", ["orders"], { host: "b.example.com" }),
      onDoor("EG-6", ["orders"], { mode: "tls" }),
      { ...onDoor("EG-7", []), scope: { namespace: "team-b", serviceAccounts: [] } },
      { ...onDoor("EG-8", []), gateway: { namespace: "egress-gw", name: "egx" } },
    ];

    expect(alsoLetting(own, live, "orders").map(({ id }) => id)).toEqual(["EG-2", "EG-3"]);
    const routes = probedGrant(own, live).routeNames;
    expect(routes).toHaveLength(3);
    expect(routes[0]).toBe(probedGrant(own, []).routeNames[0]);
  });

  it("hold one of two grants of the same scope once", () => {
    expect(probedGrant(onDoor("EG-1", []), [onDoor("EG-2", [])]).routeNames).toHaveLength(1);
  });
});

describe("the objects that go with a grant", () => {
  const accounts = fc.subarray(["a", "b", "default"]);
  const grant = fc
    .record({ id: fc.nat({ max: 99 }), accounts, mode: fc.constantFrom<Mode>("http", "tls") })
    .map(({ id, accounts: list, mode }) => onDoor(`EG-${id}`, list.toSorted(), { mode }));
  const grants = fc.uniqueArray(grant, { selector: ({ id }) => id, minLength: 1, maxLength: 5 });

  it("are the servers and routes that the compiler no longer makes without it", () => {
    fc.assert(
      fc.property(grants, ([ended, ...live]) => {
        if (ended === undefined) return;
        const left = new Set(doorObjects(live));
        const gone = doorObjects([ended, ...live]).filter((name) => !left.has(name));

        expect(
          ownDoorObjects(ended, live)
            .map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`)
            .toSorted(),
        ).toEqual(gone.toSorted());
      }),
    );
  });
});

/** Servers and routes on the gateway, by what the compiler makes of the grants. */
function doorObjects(list: readonly Grant[]): readonly string[] {
  return compile({ instance: "demo", grants: list, namespaces: [], gateways: [GATEWAY] })
    .filter(
      ({ object, grantIds }) =>
        grantIds.length > 0 &&
        object.metadata.namespace === GATEWAY.ref.namespace &&
        ["Gateway", "VirtualService"].includes(object.kind),
    )
    .map(({ object: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`);
}
