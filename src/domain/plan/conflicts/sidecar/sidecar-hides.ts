import type { Grant } from "../../../grant.ts";
import { listeningPort } from "../../../network/modes/modes.ts";
import type { Refusal } from "../../../outcome.ts";
import { sees, sidecarsOf } from "../../ways-out/sidecar-scope.ts";
import { conflict, type ConflictInput } from "../conflict.ts";

/** A Sidecar that hides the namespace's own objects, on the port that is asked for, closes the grant there. */
export function sidecarHides(grant: Grant, { observed }: ConflictInput): readonly Refusal[] {
  const { namespace } = grant.scope;
  const { host } = grant.destination;
  const port = listeningPort(grant.destination);
  return sidecarsOf(namespace, observed.sidecars)
    .filter((sidecar) => !sees(sidecar, namespace, { namespace, host, port }))
    .map((sidecar) =>
      conflict(grant, "SidecarHides", {
        why: `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name} hides the Istio objects of namespace ${namespace} from its pods on port ${port}`,
        fix: 'add "./*" to the egress hosts it has for that port, then ask again',
      }),
    );
}
