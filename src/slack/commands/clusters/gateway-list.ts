import { isRefusal } from "#src/domain/outcome.ts";
import { readSurvey } from "#src/requests/read-survey.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { renderGateways, type ShownCluster } from "../../render/survey/gateways.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { clustersNamed } from "./clusters-named.ts";

/** Every configured gateway, with what a lane last saw of it. */
export async function gatewayList(
  ports: BotPorts,
  cluster: string | undefined,
): Promise<CommandReply> {
  const clusters = clustersNamed(ports, cluster, "no gateways were listed");
  if (isRefusal(clusters)) return refusalReply(clusters);
  const { teams } = ports.config.directory;
  const shown = clusters.map(async (each): Promise<ShownCluster> => ({
    cluster: each,
    teams,
    surveyed: await readSurvey(ports, each.name),
  }));
  return renderGateways(await Promise.all(shown));
}
