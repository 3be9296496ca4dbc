import {
  egressGrantName,
  endEntry,
  timeText,
} from "#src/domain/request/egress-grant/egress-grant.ts";
import type { ClosedGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import type { End } from "#src/domain/request/request.ts";
import { errorText, FatalError, isAdapterError, type RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import { grantRef, patchNewest } from "#src/requests/admission/egress-grants.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import type { ClusterGrants } from "#src/requests/observe/cluster-grants.ts";
import { bestEffort } from "../best-effort.ts";

type EndPorts = Pick<LanePorts, "systemNamespace" | "signer" | "store" | "log" | "announcer">;

/**
 * Writes every end that is not on its object yet there, signed: from then on the API server itself refuses to take it
 * back. What closes does not wait for it, and one that is refused keeps no other: the first error is given back and thrown
 * when the run is over.
 */
export async function recordEnds(
  ports: EndPorts,
  mesh: Mesh,
  { closed, facts }: ClusterGrants,
): Promise<RetryableError | FatalError | undefined> {
  let first: RetryableError | FatalError | undefined;
  const byObject = Map.groupBy(
    closed.filter(({ recorded }) => !recorded),
    ({ object }) => object.metadata.name,
  );
  for (const grants of byObject.values()) {
    try {
      await record(ports, mesh, { grants, all: closed, cluster: facts.cluster });
    } catch (error) {
      if (!isAdapterError(error)) throw error;
      first ??= error;
    }
  }
  return first;
}

async function record(
  ports: EndPorts,
  mesh: Mesh,
  {
    grants,
    all,
    cluster,
  }: {
    readonly grants: readonly ClosedGrant[];
    readonly all: readonly ClosedGrant[];
    readonly cluster: string;
  },
): Promise<void> {
  const [first] = grants;
  if (first === undefined) return;
  const { object, requestId } = first;
  const entries = grants.map((closed) => [closed.grant.id, entryOf(ports, cluster, closed)]);
  const of = { ref: grantRef(ports, requestId), uid: object.metadata.uid };
  try {
    await patchNewest(mesh, of, () => ({ spec: { end: Object.fromEntries(entries) } }));
  } catch (error) {
    if (!(error instanceof FatalError) || error.code !== "InvalidObject") throw error;
    const ended = all.filter((each) => each.requestId === requestId);
    const isWhole = ended.length === first.spec.grants.length;
    await endInStatus(ports, mesh, { first, of, isWhole, why: errorText(error) });
  }
  await bestEffort(ports, `taking the end of ${requestId} out of the index`, () =>
    ports.store.endCopied(requestId),
  );
}

/**
 * Somebody wrote into its spec what the API server's rules forbid, and they refuse every later write to it as well. A
 * status may bring the end of all of it forward, and no rule lets that be taken back: of one of several it says nothing.
 */
async function endInStatus(
  ports: EndPorts,
  mesh: Mesh,
  {
    first: { requestId, lasting, at },
    of,
    isWhole,
    why,
  }: {
    readonly first: ClosedGrant;
    readonly isWhole: boolean;
    readonly of: Parameters<typeof patchNewest>[1];
    readonly why: string;
  },
): Promise<void> {
  if (!lasting && isWhole)
    await patchNewest(mesh, of, () => ({ status: { endsAt: timeText(at) } }), {
      subresource: "status",
    });
  const name = egressGrantName(requestId);
  await bestEffort(ports, `telling that the end of ${requestId} cannot be written`, () =>
    ports.announcer.tell(
      `end-refused:${of.uid ?? ""}`,
      `${requestId} has ended, and its end cannot be written into EgressGrant ${name}: ${why}. It is closed all the same. ` +
        `Somebody changed the object past the API server's rules. Find out who, and delete it: \`kubectl -n ${ports.systemNamespace} delete egrant ${name}\`.`,
    ),
  );
}

function entryOf(
  { signer }: EndPorts,
  cluster: string,
  { requestId, grant, cause, at, answered }: ClosedGrant,
): ReturnType<typeof endEntry> {
  const end: End = {
    requestId,
    cluster,
    grantIds: [grant.id],
    cause,
    at,
    ...answered,
  };
  return endEntry({ cause, at, statement: signer.sign("end", end).envelope });
}
