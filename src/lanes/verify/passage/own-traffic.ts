import type { GatewayLine } from "#src/domain/evidence/check.ts";
import type { Run } from "#src/domain/upgrades/each-revision.ts";
import { judge, type Observed } from "#src/domain/evidence/judge.ts";
import { type LogFormat, parseAccessLog } from "#src/domain/evidence/log/log-format.ts";
import { ownTrafficSince, type OwnTrafficWish } from "#src/domain/evidence/own-traffic.ts";
import type { Mesh } from "#src/ports/cluster/mesh.ts";
import type { LanePorts } from "#src/requests/lane-ports.ts";

/** Where no probe could say whether the destination is reached, the scope's own traffic may. */
export async function judgedByOwn(
  { clock }: Pick<LanePorts, "clock">,
  mesh: Mesh,
  {
    observed,
    namespace,
    wish,
    admittedAt,
    formats,
  }: {
    readonly observed: Observed;
    /** The gateway's. */
    readonly namespace: string;
    readonly wish: OwnTrafficWish | undefined;
    readonly admittedAt: number;
    readonly formats: readonly LogFormat[];
  },
): Promise<Run> {
  const evidence = judge(observed);
  const isUnknown = evidence.checks.some(
    ({ name, verdict }) => name === "reaches" && verdict === "unknown",
  );
  if (wish === undefined || !isUnknown) return { observed, evidence };
  const since = new Date(ownTrafficSince(admittedAt, mesh.serverTime() ?? clock.now()));
  const ownTraffic = await firstLine(mesh, {
    pods: observed.gatewayPods.map(({ name }) => ({ namespace, pod: name })),
    wish,
    since,
    formats,
  });
  if (ownTraffic === undefined) return { observed, evidence };
  const shown = { ...observed, ownTraffic };
  return { observed: shown, evidence: judge(shown) };
}

/** The first of the scope's own traffic that a gateway pod logged since. */
async function firstLine(
  mesh: Mesh,
  {
    pods,
    wish: { name, isOwn },
    since,
    formats,
  }: {
    readonly pods: readonly { readonly namespace: string; readonly pod: string }[];
    readonly wish: OwnTrafficWish;
    readonly since: Date;
    readonly formats: readonly LogFormat[];
  },
): Promise<GatewayLine | undefined> {
  for (const { namespace, pod } of pods) {
    const { lines } = await mesh.podLog(
      { namespace, pod, container: "istio-proxy" },
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
