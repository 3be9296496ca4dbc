import { egressClusterRef } from "#src/domain/request/freezes.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { AnyRequest } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { MOST_SPENT, spentIn, withSpent } from "#src/domain/request/spent.ts";
import { RetryableError } from "#src/ports/errors.ts";
import { preconditionOf } from "./egress-grants.ts";
import type { LanePorts } from "../lane-ports.ts";

/** Digests of the plans whose approval fell in this cluster. */
export async function spentPlans(ports: LanePorts, cluster: string): Promise<ReadonlySet<string>> {
  const mesh = await ports.meshOf(cluster);
  return spentIn(await mesh.get(egressClusterRef(ports)));
}

/**
 * Uses up the plan of a request whose approval does not become a grant, before anybody is told: an approval of it that is
 * put back later, or made again from what was written then, is not used, whatever has changed since.
 * @throws RetryableError where the cluster cannot keep it now: then nothing is told either.
 */
export async function spendPlan(
  ports: LanePorts,
  { id, asked, planned }: Pick<AnyRequest, "id" | "asked" | "planned">,
): Promise<void> {
  const now = ports.clock.now();
  // Only what was signed: nobody fills the list by writing into Redis.
  const plan = openStatement(ports.trust, planned?.envelope, { kind: "plan", at: now });
  if (!plan.opened) return;
  const mesh = await ports.meshOf(asked.cluster);
  const object = await mesh.get(egressClusterRef(ports));
  const spent = withSpent(object, envelopeDigest(plan.statement.envelope), now);
  if (spent === undefined) return;
  if (spent.length > MOST_SPENT)
    throw new RetryableError(
      `using up the plan of ${id}: more than ${MOST_SPENT} approvals fell within a day; some have to grow old first`,
    );
  // The mesh lane makes it at its first run.
  if (object === undefined)
    throw new RetryableError(`using up the plan of ${id}: the cluster has no EgressCluster yet`);
  await mesh.patch(egressClusterRef(ports), { spec: { spent } }, preconditionOf(object));
}
