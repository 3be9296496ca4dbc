import { describe, expect, it } from "@jest/globals";
import { WebClient } from "@slack/web-api";
import { WebSocket } from "ws";
import { startBolt, startWorkspace } from "./slack-support.ts";

/** What is acknowledged is so within this, also on a busy machine. */
const ACK_MS = 3000;
const RECONNECT_MS = 2000;

describe("the Slack simulator's Socket Mode", () => {
  it("sends an event again, with the reason, when its acknowledgement is lost", async () => {
    await using sim = await startWorkspace({ ackTimeoutMs: ACK_MS });
    const seen: unknown[] = [];
    await startBolt(sim, (app) => {
      app.event("app_mention", async ({ body, context }) => {
        seen.push({ id: body.event_id, attempt: context.retryNum, why: context.retryReason });
      });
    });
    sim.socket.loseAcks(1);

    const delivery = await sim.mention("alice", "egress", "@sallyport help").delivered;

    const id = delivery?.payload["event_id"];
    expect(delivery?.attempts.map((each) => each.result)).toEqual(["timeout", "acked"]);
    expect(seen).toEqual([
      { id, attempt: 0, why: "" },
      { id, attempt: 1, why: "timeout" },
    ]);
  });

  it("gives an event up after three redeliveries", async () => {
    await using sim = await startWorkspace({ ackTimeoutMs: 30 });
    await startBolt(sim, () => undefined);
    sim.socket.loseAcks(Infinity);

    const delivery = await sim.mention("alice", "egress", "@sallyport help").delivered;

    expect(delivery?.outcome).toBe("lost");
    expect(delivery?.attempts).toHaveLength(4);
  });

  it("sends an event again over the next connection when the first one is cut", async () => {
    await using sim = await startWorkspace();
    const seen: unknown[] = [];
    await startBolt(
      sim,
      (app) => {
        app.event("app_mention", async ({ context }) => void seen.push(context.retryReason));
      },
      RECONNECT_MS,
    );
    const lost = sim.socket.loseAcks(1);

    const { delivered } = sim.mention("alice", "egress", "@sallyport help");
    await lost.hit;
    sim.socket.drop();
    const delivery = await delivered;

    expect(delivery?.attempts.map((each) => each.result)).toEqual(["connection_closed", "acked"]);
    expect(seen).toEqual(["", "connection_failed"]);
  });

  it("keeps events for an app that reconnects after a disconnect frame, and cannot run commands then", async () => {
    await using sim = await startWorkspace();
    await startBolt(
      sim,
      (app) => {
        app.command("/egress", async ({ ack }) => ack());
      },
      RECONNECT_MS,
    );

    sim.socket.disconnect("refresh_requested");
    const command = await sim.slash("alice", "egress", "list");
    const event = await sim.mention("alice", "egress", "@sallyport help").delivered;

    expect(command.outcome).toBe("not_sent");
    expect(event?.outcome).toBe("acked");
    expect((await sim.slash("alice", "egress", "list")).outcome).toBe("acked");
  });

  it("gives each envelope to one connection only", async () => {
    await using sim = await startWorkspace();
    const seen: string[] = [];
    await startBolt(sim, (app) => {
      app.event("app_mention", async () => void seen.push("one"));
    });
    await startBolt(sim, (app) => {
      app.event("app_mention", async () => void seen.push("two"));
    });

    await sim.mention("alice", "egress", "@sallyport help").delivered;
    await sim.mention("alice", "egress", "@sallyport list").delivered;

    expect(seen.toSorted()).toEqual(["one", "two"]);
  });

  it("opens at most ten connections, each with a ticket of its own", async () => {
    await using sim = await startWorkspace();
    const client = new WebClient(sim.appToken, { slackApiUrl: sim.url });
    const urls: string[] = [];
    const frames: Record<string, unknown>[] = [];
    for (let each = 0; each < 11; each += 1) {
      const { url = "" } = await client.apps.connections.open({});
      urls.push(url);
      frames.push(await firstFrame(new WebSocket(url)));
    }
    const again = Promise.withResolvers<string>();
    new WebSocket(urls[0] ?? "").on("error", (error) => again.resolve(error.message));

    expect(frames.filter((frame) => frame["type"] === "hello")).toHaveLength(10);
    expect(frames.filter((frame) => frame["reason"] === "too_many_websockets")).toHaveLength(1);
    expect(await again.promise).toContain("404");
  });
});

function firstFrame(socket: WebSocket): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    socket.once("message", (data: Buffer) => {
      resolve(JSON.parse(data.toString("utf8")) as Record<string, unknown>);
    });
  });
}
