import { grantedAccount } from "#src/domain/evidence/probe/probed-grant.ts";
import { probeAttempts } from "#src/domain/evidence/probe/probe-attempts.ts";
import type { Grant } from "#src/domain/grant.ts";
import { isAdapterError } from "#src/ports/errors.ts";
import type { LanePorts } from "../lane-ports.ts";

/**
 * What keeps a probe from running in a grant's namespace, as a warning for the card: quotas, limit ranges and admission
 * are asked without making a pod. Whatever they say, a person may approve; but what cannot be probed is never active.
 */
export async function probeWarnings(
  { prober }: Pick<LanePorts, "prober">,
  grant: Grant,
): Promise<readonly string[]> {
  const why = await whyRefused(prober, grant);
  return why === undefined
    ? []
    : [
        `no probe could run in namespace ${grant.scope.namespace} now, so the grant would stay unproven: the API server says: ${why}`,
      ];
}

async function whyRefused(prober: LanePorts["prober"], grant: Grant): Promise<string | undefined> {
  const { cluster, scope } = grant;
  try {
    return await prober.whyRefused({
      cluster,
      namespace: scope.namespace,
      of: "0",
      part: "tried-out",
      serviceAccount: grantedAccount(scope),
      sidecar: true,
      attempts: probeAttempts(grant, []).granted,
      retrySeconds: 0,
    });
  } catch (error) {
    // A webhook that does not answer keeps the probe away, too.
    if (!isAdapterError(error)) throw error;
    return Error.isError(error.cause) ? error.cause.message : error.message;
  }
}
