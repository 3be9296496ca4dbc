import { afterLaneRuns } from "#test/support/lane-runs.ts";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { armKind } from "#test/support/crash/kinds.ts";
import { eventually } from "#test/support/eventually.ts";
import { install, type Installation } from "#test/support/installation.ts";
import { approve, ask, revoke, says } from "#test/support/people.ts";
import type { Process } from "#test/support/processes.ts";
import { startPod, wayOf } from "./traffic.ts";

const LONG_MS = 120_000;

let installation: Installation;

beforeEach(async () => {
  installation = await install();
}, 60_000);
afterEach(async () => {
  await installation[Symbol.asyncDispose]();
});

describe("workers stopped one after the other, each while Azure had a write of its own in hand,", () => {
  it("write nothing twice when their writes are carried out, and they go on, after the last one is done", async () => {
    const { arm } = installation;
    let running = await started();
    await installation.start("bot").started;
    const pod = await startPod(installation, { namespace: "team-x", serviceAccount: "feeds" });
    function way() {
      return wayOf(pod.ask({ kind: "tls", host: "edition.cnn.com", port: 443 }));
    }
    const request = await ask(installation, {
      user: "alice",
      channel: "C0TEAMX000",
      text: "allow edition.cnn.com:443 because weather feed",
    });
    const kinds = ["arm: put cluster, static egress", "arm: put node pool"] as const;
    const stopped: { readonly worker: Process; readonly release: () => void }[] = [];
    for (const kind of [...kinds, "arm: put cluster, egress gateways"]) {
      const call = arm.faults.next({ where: (each) => armKind(each) === kind }, { hold: "before" });
      if (stopped.length === 0) await approve(installation, request.id);
      await call.hit;
      running.pause();
      stopped.push({ worker: running, release: () => call.release() });
      running = await started();
    }
    await says(installation, request, /active and enforced/, LONG_MS);
    expect(way()).toBe("gateway");
    const cluster = arm.cluster("aks-prod");
    expect(arm.writes()).toHaveLength(3);

    const from = arm.log.length;
    for (const { worker, release } of stopped) {
      release();
      worker.resume();
    }
    function late() {
      return arm.log.slice(from).filter(({ method }) => method === "PUT");
    }
    await eventually(() => expect(late()).toHaveLength(3));
    expect(late().map(({ accepted }) => accepted)).toEqual([false, false, false]);
    // Each says what it must find: the cluster as it was read, or no such pool.
    for (const { url, headers } of late()) {
      if (url.includes("/agentPools/")) expect(headers["if-none-match"]).toBe("*");
      else expect(headers["if-match"]).toMatch(/./);
      expect(headers["if-match"]).not.toBe(cluster["eTag"]);
    }
    await afterLaneRuns(installation, 2);

    expect(arm.writes()).toHaveLength(3);
    expect(arm.cluster("aks-prod")).toEqual(cluster);
    expect(way()).toBe("gateway");
    revoke(installation, request, { reason: "over" });
    await says(installation, request, /has ended/, LONG_MS);
    expect(way()).toBe("refused");
    expect(arm.cluster("aks-prod")).toEqual(cluster);
  }, 300_000);
});

async function started(): Promise<Process> {
  const worker = installation.start("worker");
  await worker.started;
  return worker;
}
