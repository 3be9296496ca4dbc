import { isRefusal } from "#src/domain/outcome.ts";
import { type Buildable, type FailedObject, isNew } from "#src/domain/plan/situation.ts";
import type { OpenGrant } from "#src/domain/request/egress-grant/judge-egress-grant.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { resolveOutside } from "#src/requests/observe/address-check.ts";

/**
 * Looks up the names of what would be built for the first time now, once more: a gateway may have taken an hour since the
 * approval, and a name can be pointed inside meanwhile. A grant whose name leads there, or cannot be looked up, waits.
 */
export async function namesBeforeBuilding(
  ports: LanePorts,
  mesh: Mesh,
  { grants }: Buildable,
): Promise<readonly FailedObject[]> {
  const looked = await Promise.all(grants.filter(isNew).map((open) => lookUp(ports, mesh, open)));
  return looked.flatMap((failed) => failed ?? []);
}

async function lookUp(
  ports: LanePorts,
  mesh: Mesh,
  { grant }: OpenGrant,
): Promise<FailedObject | undefined> {
  const failed = { subject: `the name of ${grant.id}`, grantIds: [grant.id] };
  try {
    const addresses = await resolveOutside(ports, mesh, grant);
    return isRefusal(addresses)
      ? { ...failed, why: addresses.why, name: addresses.reason }
      : undefined;
  } catch (error) {
    if (!(error instanceof RetryableError)) throw error;
    return { ...failed, why: error.message, name: "NameDoesNotResolve" };
  }
}
