import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { generateKeyPair } from "#src/adapters/keys/keys.ts";
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
} from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { reached, startPod, type TeamPod } from "./traffic.ts";

/* Slips of somebody who may do everything, and means well. */

const SYSTEM = "sallyport-system";

let installation: Installation;
let worker: Process;
let pod: TeamPod;
let neighbour: TeamPod;
let news: AskedRequest;

beforeAll(async () => {
  installation = await install();
  worker = installation.start("worker");
  await Promise.all([installation.start("bot").started, worker.started]);
  pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
  neighbour = await startPod(installation, { namespace: "team-y" });
  news = await active(installation, {
    user: "alice",
    channel: "C0TEAMX000",
    text: "allow edition.cnn.com:443 because news",
  });
  await active(installation, {
    user: "yuri",
    channel: "C0TEAMY000",
    text: "allow http://api.example.com for team-y because prices",
  });
}, 120_000);
afterAll(async () => {
  await installation[Symbol.asyncDispose]();
});

/** As it was approved. */
function isAsApproved(): void {
  expect(reached(pod)).toEqual(["edition.cnn.com:443"]);
  expect(reached(neighbour)).toEqual(["api.example.com:80"]);
}

async function restartWorker(changed?: Readonly<Record<string, string>>): Promise<void> {
  await worker.kill();
  worker = installation.start("worker", changed);
  await worker.started;
}

describe("a worker started with", () => {
  it("a wrong decision key believes nothing, and takes nothing away", async () => {
    await restartWorker({ SALLYPORT_DECISION_PUBLIC_KEY: generateKeyPair().publicKey });

    await approversRead(installation, /is not believed: its request is not signed by the bot/);
    await afterLaneRuns(installation, 2);
    isAsApproved();
    await restartWorker();
    await afterLaneRuns(installation, 1);
    isAsApproved();
  }, 120_000);

  it("another key of its own than the one that is trusted does not start", async () => {
    await worker.kill();
    const wrong = installation.start("worker", {
      SALLYPORT_WORKER_RECORD_KEY: generateKeyPair().privateKey,
    });

    await expect(wrong.started).rejects.toThrow(
      /SALLYPORT_WORKER_RECORD_KEY does not belong to its public key/,
    );
    isAsApproved();
    worker = installation.start("worker");
    await worker.started;
  }, 120_000);

  it("another configuration admits nothing, and takes nothing away", async () => {
    const path = installation.environment["SALLYPORT_CONFIG"] ?? "";
    const other = `${path}.other.yaml`;
    const text = await readFile(path, "utf8");
    await writeFile(other, text.replace("30d", "29d"));
    await restartWorker({ SALLYPORT_CONFIG: other });
    const asked = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow feeds.example.org:443 because a fair",
    });
    await approve(installation, asked.id);

    await says(installation, asked, /configuration/);
    await afterLaneRuns(installation, 2);
    isAsApproved();
    await restartWorker();
    await says(installation, asked, /active and enforced/);
    revoke(installation, asked, { reason: "over" });
    await says(installation, asked, /has ended/);
  }, 180_000);
});

describe("who deletes with kubectl", () => {
  it.each(["VirtualService", "ServiceEntry", "DestinationRule"])(
    "a %s of Sallyport's gets it back",
    async (kind) => {
      const { store } = installation.kubernetes;
      const [object] = store.list(kind, "team-x");
      if (object === undefined) throw new Error(`no ${kind}`);
      store.delete(kind, "team-x", object.metadata.name);

      await eventually(
        () => expect(store.get(kind, "team-x", object.metadata.name)).toBeDefined(),
        LIMIT_MS,
      );
      isAsApproved();
    },
    60_000,
  );

  it("an EgressGrant ends it: closed, proven, and told in its thread", async () => {
    const asked = await active(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow api.example.com:443 because more",
    });
    expect(reached(pod)).toEqual(["edition.cnn.com:443", "api.example.com:443"]);
    installation.kubernetes.store.delete("EgressGrant", SYSTEM, asked.id.toLowerCase());

    await says(installation, asked, /has ended.*passed \*refused/s);
    isAsApproved();
  }, 120_000);
});

describe("a whole cluster put back to before a revoke, with every UID", () => {
  it("is closed again, as Redis knows it, and that is told", async () => {
    const { store } = installation.kubernetes;
    const backup = store.snapshot();
    revoke(installation, news, { reason: "over" });
    await says(installation, news, /has ended.*passed \*refused/s);
    for (const object of backup)
      if (object.kind !== "Pod" && object.kind !== "Lease") store.put(object);

    expect(reached(pod)).toEqual(["edition.cnn.com:443"]);
    await eventually(() => expect(reached(pod)).toEqual([]), LIMIT_MS);
    await approversRead(
      installation,
      new RegExp(`${news.id} is open in its cluster, although it ended`),
    );
    await afterLaneRuns(installation, 2);
    expect(reached(pod)).toEqual([]);
    expect(reached(neighbour)).toEqual(["api.example.com:80"]);
  }, 120_000);
});

describe("a team's namespace that was deleted and made again", () => {
  it("has nothing of what the old one had", async () => {
    const { store } = installation.kubernetes;
    const labels = store.get("Namespace", undefined, "team-y")?.metadata.labels ?? {};
    store.delete("Namespace", undefined, "team-y");
    await eventually(() => expect(store.get("Namespace", undefined, "team-y")).toBeUndefined());
    store.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team-y", labels } });
    const again = await startPod(installation, { namespace: "team-y", name: "again" });

    await afterLaneRuns(installation, 2);
    expect(reached(again)).toEqual([]);
  }, 120_000);
});
