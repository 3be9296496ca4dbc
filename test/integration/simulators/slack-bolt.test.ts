import { describe, expect, it } from "@jest/globals";
import { startBolt, startWorkspace } from "./slack-support.ts";

const APPROVE_CARD = [
  { type: "header", text: { type: "plain_text", text: "cnn.com" } },
  {
    type: "actions",
    elements: [
      {
        type: "button",
        action_id: "approve",
        text: { type: "plain_text", text: "Approve" },
        value: "EG-7QK4M:3f9a",
      },
    ],
  },
];

const DENY_MODAL = {
  type: "modal" as const,
  callback_id: "deny",
  title: { type: "plain_text" as const, text: "Deny" },
  submit: { type: "plain_text" as const, text: "Deny" },
  blocks: [
    {
      type: "input" as const,
      block_id: "reason",
      label: { type: "plain_text" as const, text: "Why" },
      element: { type: "plain_text_input" as const, action_id: "text", max_length: 100 },
    },
  ],
};

describe("the Slack simulator and a Bolt app in Socket Mode", () => {
  it("carries a mention to the app and its answer into the thread", async () => {
    await using sim = await startWorkspace();
    await startBolt(sim, (app) => {
      app.event("app_mention", async ({ event, say }) => {
        await say({ text: `heard ${event.text}`, thread_ts: event.ts });
      });
    });

    const { ts, delivered } = sim.mention(
      "alice",
      "egress",
      "@sallyport allow edition.cnn.com:443 for team-x",
    );
    const reply = await sim.until(() => sim.thread("egress", ts)[1]);

    expect((await delivered)?.outcome).toBe("acked");
    expect(reply.text).toBe(
      "heard <@U0SALLYPORT> allow <http://edition.cnn.com|edition.cnn.com>:443 for team-x",
    );
    expect(sim.transcript("egress").split("\n")).toEqual([
      "#egress",
      "alice: @sallyport allow edition.cnn.com:443 for team-x",
      "    sallyport: heard @sallyport allow edition.cnn.com:443 for team-x",
    ]);
  });

  it("sends a mention again, marked as edited, when its author edits it", async () => {
    await using sim = await startWorkspace();
    const edits: unknown[] = [];
    await startBolt(sim, (app) => {
      app.event("app_mention", async ({ event }) => void edits.push(event.edited));
    });

    const { ts, delivered } = sim.mention("alice", "egress", "@sallyport help");
    await delivered;
    await sim.editMention(ts, "@sallyport list").delivered;

    expect(edits).toEqual([undefined, { user: "U0ALICE000", ts: expect.any(String) }]);
    expect(sim.transcript("egress")).toContain("alice (edited): @sallyport list");
  });

  it("tells the app nothing where it is no member or not mentioned", async () => {
    await using sim = await startWorkspace();

    expect(sim.mention("alice", "elsewhere", "@sallyport help").delivered).toBeUndefined();
    expect(sim.mention("alice", "egress", "nobody in particular").delivered).toBeUndefined();
  });

  it("shows a slash command's acknowledgement to its author only", async () => {
    await using sim = await startWorkspace();
    await startBolt(sim, (app) => {
      app.command("/egress", async ({ ack, command }) => ack(`you said ${command.text}`));
    });

    const delivery = await sim.slash("alice", "egress", "/egress list for @bob");

    expect(delivery.outcome).toBe("acked");
    expect(sim.ephemerals("alice").map((each) => each.message.text)).toEqual([
      "you said list for <@U0BOB00000|bob>",
    ]);
    expect(sim.ephemerals("bob")).toEqual([]);
    expect(sim.messages("egress")).toEqual([]);
  });

  it("carries what an app wrote with a person's token with both of them", async () => {
    await using sim = await startWorkspace();
    const heard: unknown[] = [];
    await startBolt(sim, (app) => {
      app.event("app_mention", async ({ event }) => void heard.push(event));
    });
    const app = { bot_id: "B0OTHERAPP0", app_id: "A0OTHERAPP0" };

    await sim.mention("alice", "egress", "@sallyport help", { app }).delivered;

    expect(heard).toEqual([expect.objectContaining({ user: "U0ALICE000", ...app })]);
    expect(heard).toEqual([expect.not.objectContaining({ client_msg_id: expect.anything() })]);
  });

  it("does not tell the app of a click on another app's message", async () => {
    await using sim = await startWorkspace();
    const clicks: unknown[] = [];
    const bolt = await startBolt(sim, (app) => {
      app.action("approve", async ({ ack }) => void clicks.push(await ack()));
    });
    const card = { channel: "C0EGRESS00", text: "card", blocks: APPROVE_CARD };
    const { ts = "" } = await bolt.app.client.chat.postMessage(card);
    const [message] = sim.messages("egress");
    if (message === undefined) throw new Error("no message");
    const { app_id: _, ...copy } = { ...message, ts: sim.world.nextTs(), user: "U0ALICE000" };
    sim.world.putMessage(copy);

    const theirs = await sim.click("bob", { channel: "egress", ts: copy.ts }, "approve");
    const ours = await sim.click("bob", { channel: "egress", ts }, "approve");

    expect([theirs.outcome, ours.outcome]).toEqual(["not_sent", "acked"]);
    expect(clicks).toHaveLength(1);
  });

  it("never sends an unanswered slash command or click again", async () => {
    await using sim = await startWorkspace({ ackTimeoutMs: 60 });
    const seen: string[] = [];
    const bolt = await startBolt(sim, (app) => {
      app.command("/egress", async () => void seen.push("command"));
      app.action("approve", async () => void seen.push("action"));
    });
    const { ts } = await bolt.app.client.chat.postMessage({
      channel: "C0EGRESS00",
      text: "card",
      blocks: APPROVE_CARD,
    });

    const command = await sim.slash("alice", "egress", "list");
    const click = await sim.click("bob", { channel: "egress", ts: ts ?? "" }, "approve");

    expect([command.outcome, click.outcome]).toEqual(["timeout", "timeout"]);
    expect(seen).toEqual(["command", "action"]);
  });

  it("carries a click with the button's value and the message as the clicking client saw it", async () => {
    await using sim = await startWorkspace();
    const clicks: unknown[] = [];
    const bolt = await startBolt(sim, (app) => {
      app.action("approve", async ({ ack, body, respond }) => {
        await ack();
        if (body.type !== "block_actions") return;
        const [action] = body.actions;
        clicks.push({
          user: body.user.id,
          value: action?.type === "button" && action.value,
          text: body.message?.["text"],
        });
        await respond({ replace_original: true, text: "approved" });
      });
    });
    const channel = "C0EGRESS00";
    const { client } = bolt.app;
    const { ts = "" } = await client.chat.postMessage({
      channel,
      text: "first",
      blocks: APPROVE_CARD,
    });
    const stale = sim.messages("egress")[0];
    await client.chat.update({ channel, ts, text: "second", blocks: APPROVE_CARD });

    await sim.click("bob", { channel, ts }, "approve", stale ? { staleMessage: stale } : {});
    await sim.until(() => sim.messages("egress")[0]?.text === "approved");

    expect(clicks).toEqual([{ user: "U0BOB00000", value: "EG-7QK4M:3f9a", text: "first" }]);
    expect(sim.messages("egress")[0]?.blocks).toBeUndefined();
    await expect(sim.click("bob", { channel, ts }, "approve")).rejects.toThrow("no such button");
  });

  it("opens a modal, shows its errors, and closes it when the submission is accepted", async () => {
    await using sim = await startWorkspace();
    await startBolt(sim, (app) => {
      app.command("/egress", async ({ ack, body, client }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view: DENY_MODAL });
      });
      app.view("deny", async ({ ack, view }) => {
        const why = view.state.values["reason"]?.["text"]?.value;
        if (why === "no") {
          await ack({ response_action: "errors", errors: { reason: "say more" } });
        } else {
          await ack();
        }
      });
    });

    await sim.slash("bob", "egress", "deny EG-7QK4M");
    await sim.until(() => sim.modal("bob"));
    const refused = await sim.submit("bob", { reason: "no" });
    const stillOpen = sim.modal("bob")?.errors;
    const accepted = await sim.submit("bob", { reason: "not this quarter" });

    expect(sim.modal("bob")).toBeUndefined();
    expect(refused.responseAction).toBe("errors");
    expect(stillOpen).toEqual({ reason: "say more" });
    expect(accepted.responseAction).toBeUndefined();
    await expect(sim.submit("bob")).rejects.toThrow("none open");
  });
});
