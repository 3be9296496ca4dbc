import { afterEach, describe, expect, it } from "@jest/globals";
import { type Installation, install } from "#test/support/installation.ts";
import { cardOf, requestIdIn, threadText } from "#test/support/reading.ts";
import type { ConfigFile } from "#test/support/workplace.ts";

const TEAM_X = "C0TEAMX000";
const SECURITY = "C0SECURITY";
const LIMIT_MS = 150_000;
const TEN = Array.from({ length: 10 }, (_, index) => index);
const ACTIVE = /active and enforced|active, advisory/;
const STUCK = "failed to reserve public ip prefix: PublicIPCountLimitReached";

let installation: Installation | undefined;
afterEach(async () => {
  await installation?.[Symbol.asyncDispose]();
});

describe("ten gateways whose requests are approved together", () => {
  it("are built with one feature write, one pool write and at most two writes that enable gateways", async () => {
    const { arm, slack } = await tenTeams();

    const asked = await askAndApproveAll();
    await Promise.all(asked.map((each) => isActive(each)));

    const writes = arm.writes();
    expect(writes.filter(({ url }) => url.includes("/agentPools/"))).toHaveLength(1);
    const clusterWrites = writes.filter(({ url }) => !url.includes("/agentPools/"));
    const enabling = clusterWrites.filter(({ body }, index) => {
      const before = index === 0 ? 0 : enabledIn(clusterWrites[index - 1]?.body);
      return enabledIn(body) > before;
    });
    expect(enabling.length).toBeLessThanOrEqual(2);
    expect(clusterWrites.length - enabling.length).toBe(1);
    expect(enabledIn(arm.cluster("aks-prod"))).toBe(10);
    expect(new Set(asked.map(({ ts }) => prefixIn(threadText(slack, TEAM_X, ts)))).size).toBe(10);
  }, 240_000);

  it("do not wait for the one whose configuration is stuck, and its thread shows that one's Event", async () => {
    const { arm, kubernetes, slack } = await tenTeams();
    kubernetes.mesh.stick("egress-7/egw-7", STUCK);

    const asked = await askAndApproveAll();
    await Promise.all(asked.filter((_, index) => index !== 7).map((each) => isActive(each)));

    const seventh = asked[7];
    if (seventh === undefined) throw new Error("ten were asked");
    await slack.until(() => threadText(slack, TEAM_X, seventh.ts).includes(STUCK), LIMIT_MS);
    expect(threadText(slack, TEAM_X, seventh.ts)).not.toMatch(ACTIVE);
    for (const { ts } of asked.filter((each) => each !== seventh))
      expect(threadText(slack, TEAM_X, ts)).not.toContain(STUCK);
    expect(enabledIn(arm.cluster("aks-prod"))).toBe(9);
    // The feature, the pool, the nine.
    expect(arm.writes().length).toBeLessThanOrEqual(4);

    kubernetes.mesh.stick("egress-7/egw-7", undefined);
    await isActive(seventh);
    expect(enabledIn(arm.cluster("aks-prod"))).toBe(10);
  }, 240_000);
});

/** Ten teams, each in a namespace of its own that goes through a gateway of its own; all on one node pool. */
async function tenTeams(): Promise<Installation> {
  // Ten approvals are admitted one after the other: on a busy machine that takes longer than the others' second.
  installation = await install({ configure, timing: { gatewayBatchSeconds: 20 } });
  await Promise.all([installation.start("bot").started, installation.start("worker").started]);
  return installation;
}

function configure(file: ConfigFile): void {
  const [cluster] = file.clusters;
  if (cluster === undefined) throw new Error("the example configuration has a cluster");
  cluster.gateways = TEN.map((index) => ({
    name: `egw-${index}`,
    namespace: `egress-${index}`,
    pool: "egress",
  }));
  file.teams = TEN.map((index) => ({
    name: `team-${index}`,
    placements: [
      {
        cluster: cluster.name,
        namespace: `team-${index}`,
        gateway: `egress-${index}/egw-${index}`,
      },
    ],
  }));
}

interface Asked {
  readonly id: string;
  readonly ts: string;
}

/** Every card is there before the first approval. */
async function askAndApproveAll(): Promise<readonly Asked[]> {
  const { slack } = running();
  const asked = await Promise.all(TEN.map((index) => ask(index)));
  await Promise.all(
    asked.map(({ id }) => {
      const card = cardOf(slack, SECURITY, id);
      if (card === undefined) throw new Error(`no card of ${id}`);
      return slack.click("sam", { channel: SECURITY, ts: card.ts }, "Approve");
    }),
  );
  return asked;
}

async function ask(index: number): Promise<Asked> {
  const { slack } = running();
  const text = `@sallyport allow edition.cnn.com:443 for team-${index} because weather feed`;
  const { ts } = slack.mention("alice", TEAM_X, text);
  const id = await slack.until(() => requestIdIn(threadText(slack, TEAM_X, ts)), LIMIT_MS);
  await slack.until(() => cardOf(slack, SECURITY, id), LIMIT_MS);
  return { id, ts };
}

async function isActive({ ts }: Asked): Promise<void> {
  const { slack } = running();
  await slack.until(() => ACTIVE.test(threadText(slack, TEAM_X, ts)), LIMIT_MS);
}

function running(): Installation {
  if (installation === undefined) throw new Error("nothing is installed");
  return installation;
}

/** The egress IP prefix, which is a message of its own. */
function prefixIn(text: string): string | undefined {
  return /^203\.0\.113\.\d+\/31$/m.exec(text)?.[0];
}

/** How many egress gateways a managed cluster, or a write of it, has enabled. */
function enabledIn(managedCluster: unknown): number {
  return JSON.stringify(managedCluster).match(/"gatewayConfigurationName"/g)?.length ?? 0;
}
