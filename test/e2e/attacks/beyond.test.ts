import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import {
  active,
  approve,
  approversRead,
  ask,
  type AskedRequest,
  LIMIT_MS,
  revoke,
  says,
  SECURITY,
} from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { threadText } from "#test/support/reading.ts";
import { listenAsTheApp } from "./as-the-app.ts";
import { copyOf, putBack } from "./redis-hands.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/* What nothing inside can undo: that it is so, and that it goes no further. */

const SYSTEM = "sallyport-system";
const NEWS = "edition.cnn.com:443";
const FEED = "feeds.example.org:443";

let installation: Installation;
let worker: Process;
let pod: TeamPod;

beforeAll(async () => {
  installation = await install();
  worker = installation.start("worker");
  await Promise.all([installation.start("bot").started, worker.started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
}, 60_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function alice(text: string): Parameters<typeof ask>[1] {
  return { user: "alice", channel: "C0TEAMX000", text };
}

async function restarted(meanwhile: () => Promise<void>): Promise<void> {
  await worker.kill();
  await meanwhile();
  worker = installation.start("worker");
  await worker.started;
}

describe("who puts Redis and the cluster back to before a revoke, with etcd's own UIDs,", () => {
  let request: AskedRequest;

  it("opens that grant again", async () => {
    const { kubernetes, redis } = installation;
    request = await active(installation, alice(`allow ${NEWS} for 1m because news`));
    const cluster = kubernetes.store.snapshot();
    const stored = await copyOf(redis.url);
    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended.*passed \*refused/s);

    await restarted(async () => {
      for (const { kind, metadata } of kubernetes.store.list("EgressCluster", SYSTEM))
        kubernetes.store.delete(kind, SYSTEM, metadata.name);
      for (const object of cluster)
        if (object.kind !== "Pod" && object.kind !== "Lease") kubernetes.store.put(object);
      await putBack(redis.url, stored, { emptied: true });
    });

    await afterLaneRuns(installation, 3);
    expect(reached(pod)).toEqual([NEWS]);
  }, 90_000);

  it("does not prolong it: its latest end is signed", async () => {
    const { store } = installation.kubernetes;
    await eventually(() => expect(reached(pod)).toEqual([]), 90_000);
    await eventually(() => {
      const grant = store.get("EgressGrant", SYSTEM, request.id.toLowerCase());
      expect(grant?.status).toMatchObject({ state: "ended" });
    }, LIMIT_MS);
  }, 150_000);
});

describe("who takes a freeze out of the cluster, and empties Redis, while no worker runs,", () => {
  it("lifts it: what was approved is built, what nobody approved is not", async () => {
    const { kubernetes, slack } = installation;
    const waiting = await ask(installation, alice(`allow ${NEWS} because news`));
    const undecided = await ask(installation, alice(`allow ${FEED} because a fair`));
    slack.mention("sam", SECURITY, "@sallyport freeze prod");
    await approversRead(installation, /Cluster `prod` is frozen/);
    await approve(installation, waiting.id);
    await says(installation, waiting, /cluster prod is frozen/);
    await afterLaneRuns(installation, 2);
    expect(reached(pod)).toEqual([]);

    await restarted(async () => {
      const cluster = kubernetes.store.get("EgressCluster", SYSTEM, "cluster");
      if (cluster === undefined) throw new Error("no EgressCluster");
      kubernetes.store.put({ ...cluster, spec: { ...cluster.spec, freezes: [] } });
      await installation.emptyRedis();
    });

    await eventually(() => expect(reached(pod)).toEqual([NEWS]), LIMIT_MS);
    await afterLaneRuns(installation, 3);
    expect(reached(pod)).toEqual([NEWS]);
    expect(kubernetes.store.get("EgressGrant", SYSTEM, undecided.id.toLowerCase())).toBeUndefined();
  }, 120_000);
});

describe("who controls Azure", () => {
  it("gives a gateway other addresses, which the thread of a grant that leaves by them is told", async () => {
    const { kubernetes } = installation;
    const request = await active(installation, alice(`allow ${FEED} because a fair`));
    const [configuration] = kubernetes.store.list("StaticGatewayConfiguration", "egress-gw");
    if (configuration === undefined) throw new Error("no StaticGatewayConfiguration");
    expect(threadText(installation.slack, request.channel, request.ts)).not.toContain("192.0.2.8");

    kubernetes.store.put({
      ...configuration,
      status: { ...configuration.status, egressIpPrefix: "192.0.2.8/31" },
    });

    await says(installation, request, /192\.0\.2\.8\/31/);
  }, 90_000);
});

describe("who stole Slack's app-level token", () => {
  it("has what people say and click get lost, and decides nothing by that", async () => {
    const { slack } = installation;
    const request = await ask(installation, alice("allow api.example.com:443 because prices"));
    const before = reached(pod);
    const { taken, close } = await listenAsTheApp(slack);

    // Slack serves two connections in turn.
    while (!(await isTaken("@sallyport list"))) continue;
    await isTaken("@sallyport list");
    await approve(installation, request.id);
    await slack.until(() => taken.some(({ type }) => type === "interactive"), LIMIT_MS);
    await afterLaneRuns(installation, 2);
    expect(reached(pod)).toEqual(before);

    async function isTaken(text: string): Promise<boolean> {
      const count = taken.length;
      slack.mention("alice", "C0TEAMX000", text);
      await slack.until(() => slack.socket.deliveries.at(-1)?.outcome === "acked", LIMIT_MS);
      return taken.length > count;
    }

    await close();
    await approve(installation, request.id);
    await says(installation, request, /active and enforced|active, advisory/);
  }, 120_000);
});
