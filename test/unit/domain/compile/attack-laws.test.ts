import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { doorDomain, HTTP_SNI } from "#src/domain/compile/names.ts";
import { modeOf } from "#src/domain/network/modes/modes.ts";
import { gatewayKey, type GatewayFacts, type Grant } from "#src/domain/grant.ts";
import { connect } from "#test/simulators/kubernetes/mesh/connect.ts";
import { type Attack, attackAttempt, attackObjects } from "#test/unit/simulators/mesh-attacker.ts";
import { asked, client, covers, nameOf, podAddress, worldOf } from "./mesh-of-grants.ts";
import { GATEWAYS, NAMESPACES, someGrant } from "./some-grants.ts";

/** Many for a whole namespace: an http door like that asks for the least. */
const grantForMany = fc.oneof(
  someGrant,
  someGrant.map((grant) => ({ ...grant, scope: { ...grant.scope, serviceAccounts: [] } })),
);
/** Small sets: every attack on each of their doors is tried. */
const someGrants = fc.uniqueArray(grantForMany, {
  selector: ({ id }) => id,
  minLength: 1,
  maxLength: 3,
});

/** Of `some-grants`, and one that no grant names. */
const ACCOUNTS = ["feeds", "orders", `${"r".repeat(60)}.reports`, "nobody"];

const attacker = fc.record({
  namespace: fc.constantFrom(...NAMESPACES.map(({ namespace }) => namespace)),
  account: fc.constantFrom(...ACCOUNTS),
});

interface Request {
  readonly path: string;
  readonly method: string;
}

interface Attacker extends Attack {
  readonly request: Request;
  readonly account: string;
  readonly facts: GatewayFacts;
}

/** Namespaces whose policy is on the door's gateway, the door's own among them, and one that may be anywhere. */
function neighboursOf(door: Grant, anywhere: string): readonly string[] {
  const same = NAMESPACES.filter(({ gateway }) => gateway === gatewayKey(door.gateway));
  return [...new Set([...same.map(({ namespace }) => namespace), anywhere])];
}

/** Every way to dial the door's gateway under one account: listener × SNI × header, with the Host the door is for. */
function attacksOn(
  door: Grant,
  grants: readonly Grant[],
  { namespace, account }: { readonly namespace: string; readonly account: string },
): readonly Attacker[] {
  const facts = GATEWAYS.find(({ ref }) => gatewayKey(ref) === gatewayKey(door.gateway));
  if (facts === undefined) return [];
  const { host, port, path, method } = asked(door.destination);
  const authority = port === 80 ? host : `${host}:${port}`;
  const request = { path, method };
  const at = { facts, namespace, account, address: podAddress(facts), authority, request };
  const own = grants.filter(({ scope }) => scope.namespace === namespace).map(nameOf);
  const snis = [
    nameOf(door),
    `anything.${doorDomain(namespace)}`,
    HTTP_SNI,
    `http.${doorDomain(namespace)}`,
    ...own,
  ];
  const headers = new Set([nameOf(door), ...own]);
  return [...new Set(snis)].flatMap((sni): readonly Attacker[] => [
    { ...at, port: 443, sni },
    ...[...headers].map((header): Attacker => ({ ...at, port: 80, sni, header })),
  ]);
}

/** Whether a grant's limits let a request pass; what is below a star begins with what stands before it. */
function allows({ paths, methods }: Grant["destination"], { path, method }: Request): boolean {
  return (
    (paths?.some((one) => (one.endsWith("*") ? path.startsWith(one.slice(0, -1)) : one === path)) ??
      true) &&
    (methods?.includes(method) ?? true)
  );
}

/** The grant that lets the attacker's own identity through the door it names; else it must be refused. */
function isGranted(attack: Attacker, grants: readonly Grant[]): boolean {
  const { facts, namespace, account, port, sni, header, authority, request } = attack;
  return grants.some(
    (grant) =>
      gatewayKey(grant.gateway) === gatewayKey(facts.ref) &&
      covers(grant, namespace, account) &&
      (port === 443
        ? modeOf(grant.destination).passes === "tunnel" && nameOf(grant) === sni
        : modeOf(grant.destination).passes === "route" &&
          nameOf(grant) === header &&
          allows(grant.destination, request) &&
          authority?.split(":")[0] === asked(grant.destination).host),
  );
}

describe("compiled doors", () => {
  it("let pass, on the mesh, every account that is granted them", () => {
    fc.assert(
      fc.property(someGrants, (grants) => {
        for (const grant of grants) {
          for (const account of ACCOUNTS.filter((one) =>
            covers(grant, grant.scope.namespace, one),
          )) {
            const attempt = {
              client: client(grant.scope.namespace, account),
              ...asked(grant.destination),
            };

            const outcome = connect(worldOf(grants), attempt);

            expect(outcome.curl).toMatchObject({ exitCode: 0, bytes: expect.any(Number) });
            expect(outcome.curl.bytes).toBeGreaterThan(0);
            expect(outcome.gatewayLines[0]?.line).toContain(nameOf(grant));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("let nobody else pass who dials a gateway with any SNI, any door's header and the door's Host", () => {
    fc.assert(
      fc.property(someGrants, attacker, (grants, who) => {
        const attacks = grants.flatMap((door) =>
          neighboursOf(door, who.namespace).flatMap((namespace) =>
            attacksOn(door, grants, { namespace, account: who.account }),
          ),
        );
        for (const attack of attacks) {
          const outcome = connect(worldOf(grants, attackObjects(attack)), {
            ...attackAttempt(attack, { serviceAccount: attack.account }),
            ...attack.request,
          });

          expect({ ...attack, passed: outcome.sourceAddress !== undefined }).toEqual({
            ...attack,
            passed: isGranted(attack, grants),
          });
        }
      }),
      { numRuns: 25 },
    );
  });
});
