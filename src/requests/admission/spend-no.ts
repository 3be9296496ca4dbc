import { grantsAsked } from "#src/domain/request/egress-grant/admission-chain.ts";
import { EgressGrantSpec, endEntry } from "#src/domain/request/egress-grant/egress-grant.ts";
import type { AnyRequest, End } from "#src/domain/request/request.ts";
import { spendNoToOrder } from "../admin/spend-no-to-order.ts";
import { createOrGet, grantRef, preconditionOf } from "./egress-grants.ts";
import { EVENT_OF, noOf } from "./no-of.ts";
import type { LanePorts } from "../lane-ports.ts";
import { transition } from "../transition.ts";

/**
 * Spends a no: an EgressGrant that is ended from its first moment takes the request's name, so that an old approval put
 * back into Redis finds it used. One that was admitted meanwhile is ended instead.
 */
export async function spendNo(ports: LanePorts, record: AnyRequest): Promise<void> {
  if (record.kind === "admin") return spendNoToOrder(ports, record, noOf(record));
  const { cause, answers } = noOf(record);
  const mesh = await ports.meshOf(record.asked.cluster);
  const at = ports.clock.now();
  const end: End = {
    requestId: record.id,
    cluster: record.asked.cluster,
    grantIds: [],
    cause,
    at,
    ...(answers === undefined ? {} : { answers }),
  };
  const { envelope } = ports.signer.sign("end", end);
  const written = { cause, at, statement: envelope };
  const object = await createOrGet(mesh, {
    instance: ports.instance,
    namespace: ports.systemNamespace,
    record,
    grants: grantsAsked(record),
    end: written,
  });
  const spec = EgressGrantSpec.safeParse(object.spec).data;
  if (spec?.end[record.id] === undefined)
    await mesh.patch(
      grantRef(ports, record.id),
      { spec: { end: { [record.id]: endEntry(written) } } },
      preconditionOf(object),
    );
  const wasAdmitted = spec?.admission !== undefined;
  // What the cluster was told first stands, also where Redis has forgotten it.
  const spent = EVENT_OF[spec?.end[record.id]?.cause ?? cause] ?? EVENT_OF[cause];
  await transition(ports, record.id, () => ({
    event: wasAdmitted ? "revoked" : spent,
    actor: "worker",
    details: { cause, ...(answers === undefined ? {} : { answers }) },
  }));
  if (wasAdmitted) await ports.queue.add({ kind: "mesh", cluster: record.asked.cluster });
}
