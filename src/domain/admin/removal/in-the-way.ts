import type { Directory } from "../../directory.ts";
import { endpoint, gatewayKey, type GatewayRef, type Grant } from "../../grant.ts";
import { type Refusal, refuse } from "../../outcome.ts";
import { someOf } from "../../some-of.ts";

/** What keeps a gateway from being removed: every grant that uses it, and every team that is mapped to it. */
export function inTheWay(
  { cluster, gateway }: { readonly cluster: string; readonly gateway: GatewayRef },
  directory: Pick<Directory, "teams">,
  grants: readonly Grant[],
): Refusal | undefined {
  const key = gatewayKey(gateway);
  const using = grants.filter((grant) => gatewayKey(grant.gateway) === key);
  const teams = directory.teams.filter(({ placements }) =>
    placements.some((placement) => placement.cluster === cluster && placement.gateway === key),
  );
  if (using.length === 0 && teams.length === 0) return undefined;
  const ways = [
    ...using.map(
      ({ id, destination, team }) => `${id} (${endpoint(destination)} for team ${team})`,
    ),
    ...teams.map(({ name }) => `team ${name} is mapped to it`),
  ];
  return refuse("GatewayInUse", {
    what: `gateway ${key} of cluster ${cluster} was not removed`,
    why: `it is in use: ${someOf(ways, 20)}`,
    fix: "revoke the grants, map the teams to another gateway in Sallyport's configuration, then ask again",
  });
}
