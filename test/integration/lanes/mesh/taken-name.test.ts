import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { KubernetesObject } from "#src/domain/kubernetes-object.ts";
import { type Chain, openChain } from "#src/domain/request/egress-grant/admission-chain.ts";
import { newEgressGrant } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { Plan, RequestRecord } from "#src/domain/request/request.ts";
import { grantOf } from "#src/requests/admission/egress-grants.ts";
import { aDecision, aGrantOf, aPendingRequest, INSTANCE } from "#test/support/signed-request.ts";
import { GatewaysWorld, SYSTEM } from "../gateways-world.ts";
import { grantObject, meshPorts } from "./mesh-world.ts";

let world: GatewaysWorld;
let record: RequestRecord;

beforeEach(async () => {
  world = await GatewaysWorld.start();
  const pending = aPendingRequest(world.keys);
  record = {
    ...pending,
    state: "approved",
    decisions: [world.keys.decision.sign("decision", aDecision(pending))],
  };
}, 60_000);
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

function chainOf({ id, asked, request, planned, card, decisions }: RequestRecord): Chain {
  const chain = openChain(
    world.keys.trust,
    {
      request: request.envelope,
      plan: planned?.envelope,
      card: card?.envelope,
      decisions: decisions.map(({ envelope }) => envelope),
    },
    { requestId: id, cluster: asked.cluster, at: world.memory.clock.now },
  );
  if (typeof chain === "string") throw new TypeError(chain);
  return chain;
}

function granted(): ReturnType<typeof grantOf> {
  const chain = chainOf(record);
  const { namespaceUid, grantDigest, steps } = chain.plan.payload;
  // Of a plan an admission says nothing else.
  const plan = { namespaceUid, grantDigest, steps } as Plan;
  return grantOf(meshPorts(world), record, { plan, chain, seen: new Set() });
}

/** As who read the request in Redis can make it first. */
function madeByOthers(change: (made: KubernetesObject) => KubernetesObject): void {
  const made = newEgressGrant({
    instance: INSTANCE,
    namespace: SYSTEM,
    record,
    grants: [aGrantOf(record)],
  });
  world.kubernetes.store.put(change(made));
}

it("an object as it would be made is gone on with", async () => {
  madeByOthers((made) => made);

  expect(await granted()).toHaveProperty("envelope");
  expect(grantObject(world, record.id).spec).toHaveProperty("admission");
}, 60_000);

it.each<readonly [what: string, change: (made: KubernetesObject) => KubernetesObject]>([
  ["another reason", (made) => ({ ...made, spec: { ...made.spec, reason: "for all of us" } })],
  [
    "without what keeps it until it is closed",
    (made) => ({ ...made, metadata: { ...made.metadata, finalizers: [] } }),
  ],
])(
  "no admission is signed on an object with %s that was there first",
  async (_what, change) => {
    madeByOthers(change);

    expect(await granted()).toMatchObject({ reason: "NameTaken" });
    expect(grantObject(world, record.id).spec).not.toHaveProperty("admission");
  },
  60_000,
);
