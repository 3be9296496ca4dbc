import { type Installation, install } from "#test/support/installation.ts";
import { approve, SECURITY } from "#test/support/people.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import type { ConfigFile } from "#test/support/workplace.ts";
import { count, type Row } from "./table.ts";

const TEAM_X = "C0TEAMX000";
const LIMIT_MS = 240_000;

/** Writes to Azure that enable egress gateways, where `gateways` approved requests need one each. */
export async function manyGateways(gateways: number): Promise<readonly Row[]> {
  // Approvals are admitted one after the other: all of them belong to one batch, as within Azure's minutes.
  await using installation = await install({
    configure: (file) => configure(file, gateways),
    timing: { gatewayBatchSeconds: 60, reverifyEvery: "6h" },
  });
  const { arm } = installation;
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  const ids = await askAll(installation, gateways);
  for (const id of ids) await approve(installation, id);
  await installation.slack.until(() => enabledIn(arm.cluster("aks-prod")) === gateways, LIMIT_MS);
  const writes = arm.writes().filter(({ url }) => !url.includes("/agentPools/"));
  const enabling = writes.filter(
    ({ body }, at) => enabledIn(body) > (at === 0 ? 0 : enabledIn(writes[at - 1]?.body)),
  );
  return [
    {
      figure: `${count(gateways)} approved requests needing ${count(gateways)} gateways`,
      measured: `${count(enabling.length)} writes that enable gateways, of ${count(arm.writes().length)} in all`,
      says: "the goal is at most 2: each takes Azure minutes",
    },
  ];
}

function configure(file: ConfigFile, gateways: number): void {
  const [cluster] = file.clusters;
  if (cluster === undefined) throw new Error("the example configuration has a cluster");
  const names = Array.from({ length: gateways }, (_, index) => String(index));
  cluster.gateways = names.map((name) => ({
    name: `egw-${name}`,
    namespace: `egress-${name}`,
    pool: "egress",
  }));
  file.teams = names.map((name) => ({
    name: `team-${name}`,
    placements: [
      {
        cluster: cluster.name,
        namespace: `team-${name}`,
        gateway: `egress-${name}/egw-${name}`,
      },
    ],
  }));
}

/** Every card is there before the first approval. */
async function askAll({ slack }: Installation, teams: number): Promise<readonly string[]> {
  const threads = Array.from({ length: teams }, (_, index) =>
    slack.mention(
      "alice",
      TEAM_X,
      `@sallyport allow edition.cnn.com:443 for team-${index} because weather feed`,
    ),
  );
  return Promise.all(
    threads.map(async ({ ts }) => {
      const id = await slack.until(() => requestIdIn(threadText(slack, TEAM_X, ts)), LIMIT_MS);
      await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
      return id;
    }),
  );
}

/** How many egress gateways a managed cluster, or a write of it, has enabled. */
function enabledIn(managedCluster: unknown): number {
  return JSON.stringify(managedCluster).match(/"gatewayConfigurationName"/g)?.length ?? 0;
}
