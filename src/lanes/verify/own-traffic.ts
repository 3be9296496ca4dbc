import { type Evidence, judge, type Observed } from "#src/domain/evidence/judge.ts";
import { type LogFormat, parseAccessLog } from "#src/domain/evidence/log/log-format.ts";
import {
  type OwnTraffic,
  ownTrafficSince,
  type OwnTrafficWish,
} from "#src/domain/evidence/own-traffic.ts";
import type { GatewayFacts } from "#src/domain/grant.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";
import { gatewayPods } from "#src/requests/observe/gateways/observe-gateway.ts";

/** Where no probe could say whether the destination is reached, the scope's own traffic may. */
export async function judgedByOwn(
  { clock }: Pick<LanePorts, "clock">,
  mesh: Mesh,
  {
    observed,
    facts,
    wish,
    admittedAt,
    formats,
  }: {
    readonly observed: Observed;
    readonly facts: GatewayFacts | undefined;
    readonly wish: OwnTrafficWish | undefined;
    readonly admittedAt: number;
    readonly formats: readonly LogFormat[];
  },
): Promise<Evidence> {
  const evidence = judge(observed);
  const isUnknown = evidence.checks.some(
    ({ name, verdict }) => name === "reaches" && verdict === "unknown",
  );
  if (wish === undefined || !isUnknown) return evidence;
  const since = new Date(ownTrafficSince(admittedAt, mesh.serverTime() ?? clock.now()));
  const ownTraffic = await readOwnTraffic(mesh, facts, { wish, since, formats });
  return ownTraffic === undefined ? evidence : judge({ ...observed, ownTraffic });
}

/** The first of the scope's own traffic that a gateway pod logged since. */
async function readOwnTraffic(
  mesh: Mesh,
  facts: GatewayFacts | undefined,
  {
    wish: { name, isOwn },
    since,
    formats,
  }: {
    readonly wish: OwnTrafficWish;
    readonly since: Date;
    readonly formats: readonly LogFormat[];
  },
): Promise<OwnTraffic | undefined> {
  if (facts === undefined) return undefined;
  for (const { name: pod } of await gatewayPods(mesh, facts)) {
    const { lines } = await mesh.podLog(
      { namespace: facts.ref.namespace, pod, container: "istio-proxy" },
      {
        since,
        take: (line) =>
          line.includes(name) && parseAccessLog([line], formats).some(isOwn) ? "last" : "no",
      },
    );
    const [line] = parseAccessLog(lines, formats);
    if (line !== undefined) return { pod, line };
  }
  return undefined;
}
