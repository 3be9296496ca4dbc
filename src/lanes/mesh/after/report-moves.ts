import { sameJson } from "#src/domain/canonical.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { byRequest } from "#src/domain/request/by-request.ts";
import { takesOverAt } from "#src/domain/request/egress-grant/moves.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { moveKey, type MoveTold } from "#src/domain/request/move-told.ts";
import { egressIpPrefixOf } from "#src/requests/observe/gateways/gateway-states.ts";
import { bestEffort } from "../../best-effort.ts";
import type { Finished } from "./after-mesh-lane.ts";

/** Has it announced by what egress IP prefix a team's traffic will leave, once its way at the new gateway is in place. */
export async function reportMoves(ports: LanePorts, finished: Finished): Promise<void> {
  const { open, moves } = finished.grants;
  if (moves.waiting.size === 0) return;
  const standing = open.filter(
    ({ grant: { id } }) => moves.waiting.has(id) && finished.placed.has(id),
  );
  const prefixes = new Map(
    finished.world.gateways.map(({ gateway, object }) => [gateway, egressIpPrefixOf(object)]),
  );
  for (const [requestId, [each]] of byRequest(standing)) {
    const { team, gateway } = each.grant;
    const before = open.find((one) => one.requestId === each.follows)?.grant.gateway;
    const prefix = prefixes.get(gatewayKey(gateway));
    if (before === undefined || prefix === undefined) continue;
    const prefixBefore = prefixes.get(gatewayKey(before));
    const channel = ports.directory.teams.find(({ name }) => name === team)?.channel;
    const told: MoveTold = {
      at: takesOverAt(each) ?? 0,
      from: gatewayKey(before),
      to: gatewayKey(gateway),
      prefix,
      ...(prefixBefore === undefined ? {} : { before: prefixBefore }),
      ...(channel === undefined ? {} : { channel }),
    };
    await bestEffort(ports, `announcing that ${requestId} takes over`, async () => {
      if (sameJson((await ports.lanes.read(moveKey(requestId))) ?? null, told)) return;
      await ports.lanes.write(moveKey(requestId), told);
      await ports.queue.add({ kind: "notify", requestId });
    });
  }
}
