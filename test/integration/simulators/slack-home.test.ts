import { describe, expect, it } from "@jest/globals";
import { botClient, startBolt, startWorkspace } from "./slack-support.ts";

function home(text: string, blocks = 1) {
  const block = { type: "section", text: { type: "mrkdwn", text } };
  return { type: "home", blocks: Array.from({ length: blocks }, () => block) };
}

const FORM = {
  type: "modal" as const,
  callback_id: "form",
  title: { type: "plain_text" as const, text: "Form" },
  submit: { type: "plain_text" as const, text: "Send" },
  blocks: [
    {
      type: "input" as const,
      block_id: "host",
      label: { type: "plain_text" as const, text: "Host" },
      element: { type: "plain_text_input" as const, action_id: "value", initial_value: "a" },
    },
  ],
};

describe("the Home tab", () => {
  it("shows what was published, and keeps its id; a hash guards it", async () => {
    await using sim = await startWorkspace();
    const client = botClient(sim);
    const user = sim.world.user("alice").id;

    await client.apiCall("views.publish", { user_id: user, view: home("one") });
    const first = sim.home("alice");
    await client.apiCall("views.publish", { user_id: user, view: home("two"), hash: first?.hash });

    expect(sim.home("alice")?.id).toBe(first?.id);
    expect(sim.homeLines("alice")).toContain("two");
    await expect(
      client.apiCall("views.publish", { user_id: user, view: home("x"), hash: first?.hash }),
    ).rejects.toMatchObject({ data: { error: "hash_conflict" } });
  });

  it("takes a hundred blocks and no more, and no modal", async () => {
    await using sim = await startWorkspace();
    const client = botClient(sim);
    const user = sim.world.user("alice").id;

    for (const view of [home("x", 101), { ...home("x"), type: "modal" }])
      await expect(client.apiCall("views.publish", { user_id: user, view })).rejects.toMatchObject({
        data: { error: "invalid_arguments" },
      });
    await client.apiCall("views.publish", { user_id: user, view: home("x", 100) });
    expect(sim.home("alice")).toBeDefined();
  });

  it("tells the app when it is opened, and which button is pressed, without a channel", async () => {
    await using sim = await startWorkspace();
    const seen: unknown[] = [];
    await startBolt(sim, (app) => {
      app.event("app_home_opened", async ({ event, client }) => {
        seen.push(event.tab, Reflect.get(event.view ?? {}, "id"));
        const button = {
          type: "button",
          action_id: "go",
          text: { type: "plain_text", text: "Go" },
        };
        const view = { type: "home", blocks: [{ type: "actions", elements: [button] }] };
        await client.apiCall("views.publish", { user_id: event.user, view });
      });
      app.action("go", async ({ ack, body }) => {
        await ack();
        seen.push(body.type === "block_actions" && [body.channel, body.view?.type]);
      });
    });

    await sim.openHome("alice");
    const view = await sim.until(() => sim.home("alice"));
    await sim.clickInHome("alice", "Go");
    await sim.openHome("alice");

    await sim.until(() => seen.length === 5);
    expect(seen).toEqual(["home", undefined, [undefined, "home"], "home", view.id]);
  });
});

describe("shortcuts", () => {
  it("open a window: a global one without a channel, one of a message with it", async () => {
    await using sim = await startWorkspace();
    const seen: unknown[] = [];
    await startBolt(sim, (app) => {
      app.shortcut(/./, async ({ ack, shortcut, client }) => {
        await ack();
        seen.push(shortcut.type === "message_action" ? shortcut.message.text : shortcut.type);
        await client.views.open({ trigger_id: shortcut.trigger_id, view: FORM });
      });
    });
    const { ts } = sim.mention("bob", "elsewhere", "please");

    await sim.shortcut("alice", "anywhere");
    await sim.until(() => sim.modal("alice"));
    await sim.messageShortcut("bob", { channel: "elsewhere", ts }, "here");
    await sim.until(() => sim.modal("bob"));

    expect(seen).toEqual(["shortcut", "please"]);
  });
});

describe("a window that is answered with errors", () => {
  it("shows them at its inputs, and at nothing else", async () => {
    await using sim = await startWorkspace();
    const errors = [{ host: "no" }, { port: "no" }];
    await startBolt(sim, (app) => {
      app.command(/./, async ({ ack, body, client }) => {
        await ack();
        await client.views.open({ trigger_id: body.trigger_id, view: FORM });
      });
      app.view("form", async ({ ack }) =>
        ack({ response_action: "errors", errors: errors.shift() ?? {} }),
      );
    });
    await sim.slash("alice", "egress", "/egress");
    await sim.until(() => sim.modal("alice"));

    expect((await sim.submit("alice")).errors).toEqual({ host: "no" });
    expect(sim.modal("alice")?.errors).toEqual({ host: "no" });
    await expect(sim.submit("alice")).rejects.toThrow('no input "port"');
  });
});

describe("direct messages to the app", () => {
  it("are events of their own, without a mention, and so are their edits", async () => {
    await using sim = await startWorkspace();
    const seen: unknown[] = [];
    await startBolt(sim, (app) => {
      app.event("message", async ({ event }) => {
        seen.push([event.channel_type, event.subtype]);
      });
    });

    const { ts, delivered } = sim.tell("alice", "help");
    await delivered;
    await sim.editTold(ts, "list");

    await sim.until(() => seen.length === 2);
    expect(seen).toEqual([
      ["im", undefined],
      ["im", "message_changed"],
    ]);
  });
});
