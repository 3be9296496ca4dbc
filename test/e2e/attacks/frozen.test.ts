import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Redis } from "ioredis";
import type { KubernetesObject } from "#test/simulators/kubernetes/stored-object.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, type AskedRequest, LIMIT_MS, says, SECURITY } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/*
 * Somebody who writes in the cluster without our keys, and perhaps in Redis too, wants a frozen cluster to build what
 * waits in it.
 */

let installation: Installation;
let worker: Process;
let pod: TeamPod;
let waiting: AskedRequest;

beforeAll(async () => {
  installation = await install();
  const { slack } = installation;
  worker = installation.start("worker");
  await Promise.all([installation.start("bot").started, worker.started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  const first = await asked("allow edition.cnn.com:443 because news");
  await approve(installation, first.id);
  await says(installation, first, /active and enforced/);
  slack.mention("sam", "C0TEAMX000", "@sallyport freeze prod");
  await slack.until(() => told(/prod.* is frozen/), LIMIT_MS);
  waiting = await asked("allow api.example.com:443 because prices");
  await approve(installation, waiting.id);
  await says(installation, waiting, /cluster prod is frozen/);
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

function asked(text: string): Promise<AskedRequest> {
  return ask(installation, { user: "alice", channel: "C0TEAMX000", text });
}

function told(pattern: RegExp): boolean {
  return installation.slack.messages(SECURITY).some(({ text }) => pattern.test(text));
}

function egressCluster(): KubernetesObject {
  const object = installation.kubernetes.store.get("EgressCluster", "sallyport-system", "cluster");
  if (object === undefined) throw new Error("no EgressCluster");
  return object;
}

interface Entry {
  readonly id: string;
  readonly decision: unknown;
  readonly lifted?: unknown;
}

function freezes(): readonly Entry[] {
  return (egressCluster().spec?.["freezes"] ?? []) as readonly Entry[];
}

function write(entries: readonly Entry[]): void {
  const object = egressCluster();
  installation.kubernetes.store.put({ ...object, spec: { ...object.spec, freezes: entries } });
}

async function emptyRedis(): Promise<void> {
  const client = new Redis(installation.redis.url);
  await client.flushall();
  client.disconnect();
}

function remove(): void {
  installation.kubernetes.store.delete("EgressCluster", "sallyport-system", "cluster");
}

/** An envelope of the right form that nobody signed. */
function forged(entry: Entry): unknown {
  return { ...(entry.decision as object), payload: "e30=" };
}

const ATTACKS: readonly (readonly [what: string, attack: () => void | Promise<void>])[] = [
  ["takes the freeze out", () => write([])],
  [
    "calls it lifted, and takes it out then",
    () => {
      write(freezes().map((entry) => ({ ...entry, lifted: forged(entry) })));
      write([]);
    },
  ],
  ["deletes the EgressCluster", remove],
  [
    "deletes the EgressCluster, and makes an empty one",
    () => {
      const { name, labels = {} } = egressCluster().metadata;
      const metadata = { name, namespace: "sallyport-system", labels };
      const empty = { ...egressCluster(), metadata };
      remove();
      installation.kubernetes.store.put({ ...empty, spec: { ...empty.spec, freezes: [] } });
    },
  ],
  [
    "gives its name to a forged one that is called lifted",
    () =>
      write(
        freezes().map((entry) => ({
          id: entry.id,
          decision: forged(entry),
          lifted: entry.decision,
        })),
      ),
  ],
  [
    "takes it out, and empties Redis",
    async () => {
      await emptyRedis();
      write([]);
    },
  ],
];

describe("a frozen cluster stays frozen, and people are told by name, when somebody", () => {
  it.each(ATTACKS)(
    "%s",
    async (_what, attack) => {
      const [freeze] = freezes();
      if (freeze === undefined) throw new Error("no freeze");
      const alarms = count();

      await attack();

      await eventually(() => expect(freezes()).toContainEqual(freeze), LIMIT_MS);
      await eventually(() => expect(count()).toBeGreaterThan(alarms), LIMIT_MS);
      await afterLaneRuns(installation, 2);
      expect(reached(pod)).toEqual(["edition.cnn.com:443"]);

      function count(): number {
        return installation.slack
          .messages(SECURITY)
          .filter(({ text }) =>
            /although no approver lifted it: freeze \w+, which sam ordered/i.test(text),
          ).length;
      }
    },
    90_000,
  );

  it("takes it out while no worker runs: the next one knows it from Redis", async () => {
    const [freeze] = freezes();
    await worker.kill();
    write([]);
    await installation.start("worker").started;

    await eventually(() => expect(freezes()).toContainEqual(freeze), LIMIT_MS);
    await afterLaneRuns(installation, 2);
    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);
  }, 90_000);
});

describe("an approver", () => {
  it("lifts it all the same", async () => {
    const { slack } = installation;
    slack.mention("sam", "C0TEAMX000", "@sallyport unfreeze prod");

    await says(installation, waiting, /active and enforced/);
    expect(reached(pod)).toEqual(["edition.cnn.com:443", "api.example.com:443"]);
  }, 90_000);
});
