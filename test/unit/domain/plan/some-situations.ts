import fc from "fast-check";
import { gatewayKey, type Grant } from "#src/domain/grant.ts";
import { type KubernetesObject, refKey } from "#src/domain/kubernetes-object.ts";
import { meshPlanner, type PlannedMesh } from "#src/domain/plan/mesh-plan.ts";
import { buildableOf, type MeshWorld, type Situation } from "#src/domain/plan/situation.ts";
import { EgressGrantSpec, newEgressGrant } from "#src/domain/request/egress-grant/egress-grant.ts";
import type {
  ClosedGrant,
  FoundGrant,
  JudgedGrant,
  OpenGrant,
} from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { aKeyring, anActiveRequest, aRequest } from "#test/support/signed-request.ts";
import { compiled, GATEWAYS, NAMESPACES, someGrants } from "../compile/some-grants.ts";

const keys = aKeyring();
const active = anActiveRequest(keys);

/** Statements play no part in the plan: what is judged already is taken as it is. */
function judged(grant: Grant, wasApplied = false): JudgedGrant & OpenGrant {
  const object = newEgressGrant({
    instance: "demo",
    namespace: "sallyport-system",
    record: { ...aRequest(keys), id: grant.id },
    grants: [grant],
  });
  const admission = {
    envelope: active.request.envelope,
    payload: { ...payloadOf(active.admission), namespaceUid: `uid-${grant.scope.namespace}` },
  };
  return {
    object,
    requestId: grant.id,
    grant,
    spec: EgressGrantSpec.parse(object.spec),
    admission,
    wasOpen: true,
    follows: undefined,
    amends: false,
    takesOverAfterMs: undefined,
    activation: undefined,
    endsAt: grant.latestEnd,
    wasApplied,
    proof: undefined,
  };
}

export function payloadOf<Payload>(signed: { readonly payload: Payload } | undefined): Payload {
  if (signed === undefined) throw new TypeError("absent");
  return signed.payload;
}

export function applied(grant: Grant): OpenGrant {
  return judged(grant, true);
}
export function fresh(grant: Grant): OpenGrant {
  return judged(grant);
}
export function closed(grant: Grant, { proven = false } = {}): ClosedGrant {
  const removal = proven ? ({ at: 1, verdict: "passed" } as const) : undefined;
  const end = {
    cause: "revoked",
    at: 1,
    recorded: true,
    lasting: true,
    answered: {},
  } as const;
  return { ...judged(grant), ...end, removal };
}
export function found(grant: Grant): FoundGrant {
  return { ...judged(grant), why: "spec" };
}

export function worldOf(
  objects: readonly KubernetesObject[],
  change: Partial<MeshWorld> = {},
): MeshWorld {
  return {
    objects,
    facts: GATEWAYS,
    gateways: [],
    ready: new Set(GATEWAYS.map(({ ref }) => gatewayKey(ref))),
    namespaces: new Map([
      ...NAMESPACES.map(({ namespace }) => [namespace, `uid-${namespace}`] as const),
      ...GATEWAYS.map(({ ref }) => [ref.namespace, "gw"] as const),
    ]),
    ...change,
  };
}

export function situation(change: Partial<Situation>): Situation {
  return {
    instance: "demo",
    directory: {
      clusters: [],
      teams: [
        {
          name: "team",
          channel: undefined,
          userGroup: undefined,
          placements: NAMESPACES.map((placement) => ({
            cluster: "prod-1",
            serviceAccounts: [],
            ...placement,
          })),
        },
      ],
    },
    cluster: "prod-1",
    open: [],
    closed: [],
    found: [],
    world: worldOf([]),
    mode: "all",
    ...change,
  };
}

export function planOf(change: Partial<Situation>): PlannedMesh {
  const whole = situation(change);
  return meshPlanner(whole)(buildableOf(whole, []));
}

export function objectsOf(grants: readonly Grant[]): readonly KubernetesObject[] {
  return compiled(grants).map(({ object }) => object);
}

export function keysOf(
  { changes }: PlannedMesh,
  ...actions: readonly string[]
): ReadonlySet<string> {
  return new Set(
    changes.filter(({ action }) => actions.includes(action)).map(({ subject }) => refKey(subject)),
  );
}

export function ofGrants(grants: readonly Grant[]): ReadonlySet<string> {
  return new Set(
    compiled(grants)
      .filter(({ grantIds }) => grantIds.length > 0)
      .map(({ object }) =>
        refKey({
          kind: object.kind,
          name: object.metadata.name,
          namespace: object.metadata.namespace ?? "",
        }),
      ),
  );
}

/** Two lists without an id in common. */
export const twoLists = fc.tuple(someGrants, someGrants).map(([one, other]) => ({
  one,
  other: other.filter(({ id }) => !one.some((grant) => grant.id === id)),
}));
