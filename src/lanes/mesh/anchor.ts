import { z } from "zod";
import { EGRESS_CLUSTER } from "#src/domain/request/freezes.ts";
import type { Mesh } from "#src/ports/mesh.ts";
import { preconditionOf } from "#src/requests/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { Finished } from "./after-mesh-lane.ts";
import { writes } from "./mesh-changes.ts";

const Anchor = z.object({ number: z.number(), digest: z.string() });

/**
 * The newest audit entry, kept in the cluster at each run that writes: a log that is shorter, or says something else
 * there, is told. The number only rises, so an older Redis cannot move it back.
 */
export async function anchorAudit(
  { store, signer, announcer, systemNamespace }: LanePorts,
  mesh: Mesh,
  { changes, cluster }: Finished,
): Promise<void> {
  if (!changes.some(writes)) return;
  const ref = { kind: "EgressCluster", namespace: systemNamespace, name: EGRESS_CLUSTER } as const;
  const object = await mesh.get(ref);
  if (object === undefined) return;
  const before = Anchor.safeParse(object.spec?.["anchor"]).data;
  const head = await store.auditHead();
  const key = `audit:${cluster.name}`;
  if (before !== undefined && head.number < before.number) {
    await announcer.tell(
      key,
      `The audit log in Redis ends at entry ${head.number}, but cluster ${cluster.name} has seen entry ${before.number}: Redis lost entries, or was put back. ` +
        "What is open did not change; compare with a copy of the log, and run `sallyport audit verify`.",
    );
    return;
  }
  if (head.number === 0 || head.number === before?.number) return;
  const statement = signer.sign("record", { name: `anchor:${cluster.name}`, value: head }).envelope;
  await mesh.patch(ref, { spec: { anchor: { ...head, statement } } }, preconditionOf(object));
}
