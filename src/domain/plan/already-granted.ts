import type { Destination, Grant, Scope } from "../grant.ts";
import { sameJson } from "../canonical.ts";

/** The live grant that already covers all of what is asked, if any: same cluster and destination, a scope as wide. */
export function coveringGrant(
  asked: { readonly cluster: string; readonly scope: Scope; readonly destination: Destination },
  live: readonly Grant[],
): Grant | undefined {
  return live.find(
    (grant) =>
      grant.cluster === asked.cluster &&
      sameJson(grant.destination, asked.destination) &&
      covers(grant.scope, asked.scope),
  );
}

function covers(wide: Scope, narrow: Scope): boolean {
  if (wide.namespace !== narrow.namespace) return false;
  if (wide.serviceAccounts.length === 0) return true;
  return (
    narrow.serviceAccounts.length > 0 &&
    narrow.serviceAccounts.every((account) => wide.serviceAccounts.includes(account))
  );
}
