import { type Refusal, refuse } from "#src/domain/outcome.ts";
import type { Cluster } from "#src/domain/directory.ts";
import type { BotPorts } from "../../bot-ports.ts";

/** The cluster a command names; all where it names none. `what`: what was not done. */
export function clustersNamed(
  { config }: Pick<BotPorts, "config">,
  cluster: string | undefined,
  what: string,
): readonly Cluster[] | Refusal {
  const { clusters } = config.directory;
  if (cluster === undefined) return clusters;
  const found = clusters.filter(({ name }) => name === cluster);
  if (found.length > 0) return found;
  return refuse("UnknownCluster", {
    what,
    why: `there is no cluster ${cluster}`,
    fix: `name one of ${clusters.map(({ name }) => name).join(", ")}, or none for all`,
  });
}
