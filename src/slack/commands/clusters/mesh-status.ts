import { isRefusal } from "#src/domain/outcome.ts";
import { readSurvey } from "#src/requests/read-survey.ts";
import type { BotPorts } from "../../bot-ports.ts";
import { renderMesh } from "../../render/survey/mesh.ts";
import { type CommandReply, refusalReply } from "../command-context.ts";
import { clustersNamed } from "./clusters-named.ts";

/** What the mesh of a cluster lets out, and what limits enforcement in the teams' namespaces, as a lane last saw it. */
export async function meshStatus(
  ports: BotPorts,
  cluster: string | undefined,
): Promise<CommandReply> {
  const clusters = clustersNamed(ports, cluster, "no mesh was shown");
  if (isRefusal(clusters)) return refusalReply(clusters);
  const shown = clusters.map(async ({ name }) => ({
    name,
    surveyed: await readSurvey(ports, name),
  }));
  return renderMesh(await Promise.all(shown));
}
