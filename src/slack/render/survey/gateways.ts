import type { Cluster, ConfiguredGateway, GatewayPool, Team } from "#src/domain/directory.ts";
import { settingsText } from "#src/domain/gateways/autoscaling.ts";
import { tunnelLimit } from "#src/domain/gateways/load.ts";
import { gatewayKey } from "#src/domain/grant.ts";
import { addressesIn } from "#src/domain/network/address.ts";
import { isCurrent } from "#src/domain/request/board.ts";
import type { Survey, Surveyed, SurveyedGateway } from "#src/domain/survey/survey.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { asOf } from "../looking/board.ts";
import { code, count, inline, literal } from "../text.ts";
import { type Item, packed } from "./packed.ts";

/** One cluster as the bot's own configuration has it, and what a lane last saw of it. */
export interface ShownCluster {
  readonly cluster: Cluster;
  readonly teams: readonly Team[];
  readonly surveyed: Surveyed;
}

/** What `gateway list` answers. */
export function renderGateways(clusters: readonly ShownCluster[]): ChatMessage {
  const items = clusters.flatMap((each) => itemsOf(each, clusters.length > 1));
  const all = clusters.reduce((sum, { cluster }) => sum + cluster.gateways.length, 0);
  const names =
    clusters.length > 3 ? count(clusters.length, "cluster") : clusters.map(nameOf).join(", ");
  return packed(
    `${count(all, "gateway")} of ${names}`,
    items,
    clusters.length > 1
      ? `${code("@sallyport gateway list CLUSTER")} shows those of one cluster.`
      : `${code("kubectl get egressgateways -A")} shows them all.`,
  );
}

function nameOf({ cluster }: ShownCluster): string {
  return cluster.name;
}

function itemsOf(shown: ShownCluster, isOneOfSeveral: boolean): readonly Item[] {
  const { cluster, surveyed } = shown;
  const { survey, ...seen } = surveyed;
  const title = `*Gateways of cluster ${code(cluster.name)}*, ${asOf({ ...seen, board: survey })}${survey?.frozen === true ? `; *frozen*: nothing is built until ${code("@sallyport unfreeze")}` : ""}`;
  if (cluster.gateways.length === 0)
    return [{ name: cluster.name, text: `${title}\nThe configuration names none.` }];
  return cluster.gateways.map((gateway, at) => {
    const key = gatewayKey(gateway);
    const text = gatewayText(gateway, shown);
    return {
      name: isOneOfSeveral ? `${cluster.name} ${key}` : key,
      text: at === 0 ? `${title}\n${text}` : text,
    };
  });
}

function gatewayText(gateway: ConfiguredGateway, shown: ShownCluster): string {
  const key = gatewayKey(gateway);
  const seen = shown.surveyed.survey?.gateways.find((each) => each.gateway === key);
  const pool = shown.cluster.pools.find(({ name }) => name === gateway.pool);
  return [
    `${sign(seen)}${literal(key, 130)} ${stateText(seen, shown.surveyed)}`,
    ...(seen === undefined ? [] : podLines(seen, shown.surveyed.survey)),
    ...(seen?.notScaled === undefined
      ? []
      : [
          `Its autoscaler is not as configured${wantedText(gateway)}: ${inline(seen.notScaled, 250)}`,
        ]),
    ...(seen?.lacks === undefined ? [] : [inline(seen.lacks, 250)]),
    `${teamsText(key, shown)}${seen === undefined ? "" : `; ${useText(seen)}`}`,
    costText(gateway, { seen, pool, cluster: shown.cluster }),
  ].join("\n");
}

function sign(seen: SurveyedGateway | undefined): string {
  if (seen?.state === "ready" && seen.lacks === undefined) return ":white_check_mark: ";
  return seen === undefined || seen.state === "absent" ? "" : ":warning: ";
}

function stateText(seen: SurveyedGateway | undefined, { survey, now, sweepMs }: Surveyed): string {
  if (survey === undefined) return "is configured; what there is of it is not confirmed";
  if (seen === undefined) return "is configured; the worker has not reported it yet";
  const when = isCurrent(survey, now, sweepMs) ? "" : " when last seen";
  const prefix =
    seen.egressIpPrefix === undefined
      ? ""
      : `, egress IP prefix ${literal(seen.egressIpPrefix, 200)}`;
  if (seen.state === "ready")
    return `*ready*${when}${prefix}${seen.lacks === undefined ? "" : ", but not by every revision of the mesh"}`;
  if (seen.state === "absent") return `*not built*${when}: it is made when a grant first needs it`;
  const isBuilt = seen.grants > 0 && seen.pods.length === 0 && !survey.frozen;
  const word = isBuilt ? "being built" : "not ready";
  return `*${word}*${when}${prefix}: ${inline(seen.why ?? "", 300)}`;
}

function podLines({ pods }: SurveyedGateway, survey: Survey | undefined): readonly string[] {
  const lines = pods.slice(0, 3).map(({ revision, available, wanted, autoscaler }) => {
    const seen = `${literal(revision, 60)}: ${available} of ${count(wanted, "pod")} available`;
    if (autoscaler === undefined)
      return `${seen}; ${survey?.autoscalersRead === true ? "no autoscaler" : "autoscaler not read: the worker may not list it"}`;
    const { least, most, now, cpuTarget, cpuNow } = autoscaler;
    const target = cpuTarget === undefined ? "" : `, target ${cpuTarget} % of the processor`;
    const load = cpuNow === undefined ? "" : `, now at ${cpuNow} %`;
    return `${seen}; autoscaler: ${least} to ${most} pods, ${now} now${target}${load}`;
  });
  return pods.length > 3 ? [...lines, `and ${pods.length - 3} more revisions`] : lines;
}

/** By the bot's own configuration. */
function wantedText({ hpa = {} }: ConfiguredGateway): string {
  const text = settingsText(hpa);
  return text === "" ? "" : ` (${text})`;
}

/** Of the bot's own configuration. */
function teamsText(key: string, { cluster, teams }: ShownCluster): string {
  const mapped = teams
    .filter(({ placements }) =>
      placements.some((each) => each.cluster === cluster.name && each.gateway === key),
    )
    .map(({ name }) => code(inline(name, 63)));
  if (mapped.length === 0) return "No team is mapped to it";
  const more = mapped.length > 6 ? ` and ${mapped.length - 6} more` : "";
  return `${mapped.length === 1 ? "Team" : "Teams"} ${mapped.slice(0, 6).join(", ")}${more}`;
}

function useText({ state, grants, tunnels, namespaces }: SurveyedGateway): string {
  const isIdle = grants === 0 && state !== "absent";
  const idle = isIdle ? " (*idle*: no live grant goes through it)" : "";
  const most = tunnelLimit(namespaces);
  return `${count(grants, "live grant")}${idle}, ${tunnels} of at most ${most} tunnels for ${count(namespaces, "namespace")}`;
}

/** Of what is not made yet, what it would cost; nodes are those of the configuration. */
function costText(
  { pool: poolName }: ConfiguredGateway,
  {
    seen,
    pool,
    cluster,
  }: {
    readonly seen: SurveyedGateway | undefined;
    readonly pool: GatewayPool | undefined;
    readonly cluster: Cluster;
  },
): string {
  if (pool === undefined)
    return `Its node pool ${literal(poolName, 30)} is not in the configuration`;
  const prefix = seen?.egressIpPrefix;
  const addresses = addressesIn(prefix ?? "") ?? 2 ** (32 - pool.publicIpPrefixSize);
  const others = cluster.gateways.filter((each) => each.pool === poolName).length - 1;
  const shared = others > 0 ? `, shared with ${count(others, "other gateway")}` : "";
  return `${prefix === undefined ? "Will cost" : "Costs"} ${addresses === 1 ? "1 address" : `${addresses} addresses`}; node pool ${code(poolName)} has ${count(pool.nodeCount, "node")} by the configuration (${literal(pool.vmSize, 60)}${shared})`;
}
