import { describe, expect, it } from "@jest/globals";
import { WebClient } from "@slack/web-api";
import { WebSocket } from "ws";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { botClient, startWorkspace } from "./slack-support.ts";

const EGRESS = "C0EGRESS00";
const SECTION = { type: "section", text: { type: "mrkdwn", text: "hello" } };

function button(fields: Record<string, unknown>) {
  return { type: "button", action_id: "a", text: { type: "plain_text", text: "A" }, ...fields };
}

describe("the Slack simulator's Web API", () => {
  it("tells who the bot is and which scopes it has", async () => {
    await using sim = await startWorkspace();

    const who = await botClient(sim).auth.test();

    expect(who).toMatchObject({ ok: true, team_id: "T0HOME0000", user_id: "U0SALLYPORT" });
    expect(who.response_metadata?.scopes).toEqual([
      "app_mentions:read",
      "commands",
      "chat:write",
      "im:history",
      "usergroups:read",
      "users:read",
    ]);
  });

  it("refuses wrong tokens, missing scopes and unknown methods as Slack does", async () => {
    await using sim = await startWorkspace();
    const stranger = new WebClient("xoxb-wrong", { slackApiUrl: sim.url });
    const appClient = new WebClient(sim.appToken, { slackApiUrl: sim.url });

    await expect(stranger.auth.test()).rejects.toMatchObject(platform("invalid_auth"));
    await expect(appClient.users.info({ user: "U0BOB00000" })).rejects.toMatchObject(
      platform("not_allowed_token_type"),
    );
    await expect(botClient(sim).apiCall("no.such")).rejects.toMatchObject(
      platform("unknown_method"),
    );
    await expect(botClient(sim).conversations.info({ channel: EGRESS })).rejects.toMatchObject({
      data: { error: "missing_scope", needed: "channels:read,groups:read,im:read,mpim:read" },
    });
    sim.setScopes(["channels:read"]);
    expect((await botClient(sim).conversations.info({ channel: EGRESS })).channel?.name).toBe(
      "egress",
    );
  });

  it("posts only where the bot is a member and the channel is open", async () => {
    await using sim = await startWorkspace();
    const { chat } = botClient(sim);
    sim.world.addChannel({ name: "old", isArchived: true });

    await expect(chat.postMessage({ channel: "C0NONE0000", text: "x" })).rejects.toMatchObject(
      platform("channel_not_found"),
    );
    await expect(chat.postMessage({ channel: "C0ELSEWHERE", text: "x" })).rejects.toMatchObject(
      platform("not_in_channel"),
    );
    await expect(chat.postMessage({ channel: "C0OLD00000", text: "x" })).rejects.toMatchObject(
      platform("is_archived"),
    );
  });

  it("removes blocks when a text comes without them, and keeps metadata", async () => {
    await using sim = await startWorkspace();
    const { chat } = botClient(sim);
    const metadata = { event_type: "request", event_payload: { id: "EG-7QK4M" } };
    const posted = { channel: EGRESS, text: "card", blocks: [SECTION], metadata };
    const { ts = "" } = await chat.postMessage(posted);

    await chat.update({ channel: EGRESS, ts, text: "done" });

    const message = sim.messages("egress")[0];
    expect(message?.blocks).toBeUndefined();
    expect(message?.metadata).toEqual(metadata);
    await expect(
      chat.update({ channel: EGRESS, ts, text: "x".repeat(4001) }),
    ).rejects.toMatchObject(platform("msg_too_long"));
  });

  it("edits no message of others and none that is gone", async () => {
    await using sim = await startWorkspace();
    const { chat } = botClient(sim);
    const { ts } = sim.mention("alice", "egress", "hello");

    await expect(chat.update({ channel: EGRESS, ts, text: "x" })).rejects.toMatchObject(
      platform("cant_update_message"),
    );
    await expect(chat.update({ channel: EGRESS, ts: "1.1", text: "x" })).rejects.toMatchObject(
      platform("message_not_found"),
    );
  });

  it.each([
    ["51 blocks", Array.from({ length: 51 }, () => ({ type: "divider" })), "/blocks]"],
    ["a section of 3001", [section("x".repeat(3001))], "/blocks/0/text/text]"],
    ["an empty text", [section("")], "/blocks/0/text/text]"],
    ["a header of 151", [header("plain_text", 151)], "/blocks/0/text/text]"],
    ["a mrkdwn header", [header("mrkdwn", 5)], "/blocks/0/text/type]"],
    ["a value of 2001", [actions(button({ value: "x".repeat(2001) }))], "/elements/0/value]"],
    ["26 buttons", [actions(...numberedButtons(26))], "no more than 25"],
    ["an action_id twice", [actions(button({}), button({}))], "`action_id` already exists"],
    ["a block_id twice", [withId("b"), withId("b")], "`block_id` already exists"],
    ["an unknown block", [{ type: "sparkles" }], "unsupported type: sparkles"],
  ])("refuses blocks with %s", async (_name, blocks, problem) => {
    await using sim = await startWorkspace();

    const answer = await rawPost(sim, "chat.postMessage", { channel: EGRESS, text: "x", blocks });

    expect(answer).toMatchObject({ ok: false, error: "invalid_blocks" });
    expect(JSON.stringify(answer["errors"])).toContain(problem);
    expect(sim.messages("egress")).toEqual([]);
  });

  it("takes a trigger_id once and for three seconds, and titles of 24 characters", async () => {
    let now = 1_800_000_000_000;
    await using sim = await startWorkspace({ clock: { now: () => now }, ackTimeoutMs: 1 });
    const title = { type: "plain_text", text: "x".repeat(24) };
    const view = { type: "modal", title, blocks: [SECTION] };
    await openSocket(sim);
    async function trigger(): Promise<string> {
      return String((await sim.slash("alice", "egress", "list")).payload["trigger_id"]);
    }

    const first = await trigger();
    const tooLong = { ...view, title: { ...title, text: "x".repeat(25) } };
    function open(trigger_id: string, shown: object = view) {
      return rawPost(sim, "views.open", { trigger_id, view: shown });
    }

    expect(await open(first, tooLong)).toMatchObject({ error: "invalid_arguments" });
    expect(await open(first)).toMatchObject({ ok: true });
    expect(await open(first)).toMatchObject({ error: "exchanged_trigger_id" });
    const second = await trigger();
    now += 3001;
    expect(await open(second)).toMatchObject({ error: "expired_trigger_id" });
  });

  it("limits messages to one a second and channel when told to", async () => {
    let now = 1_800_000_000_000;
    await using sim = await startWorkspace({
      clock: { now: () => now },
      rateLimit: { perSecond: 1, burst: 1 },
    });
    const { chat } = botClient(sim);
    await chat.postMessage({ channel: EGRESS, text: "one" });

    await expect(chat.postMessage({ channel: EGRESS, text: "two" })).rejects.toMatchObject({
      retryAfter: 1,
    });
    now += 1000;
    await chat.postMessage({ channel: EGRESS, text: "three" });
    expect(sim.messages("egress").map((each) => each.text)).toEqual(["one", "three"]);
  });

  it("describes people with the flags that tell members from others", async () => {
    await using sim = await startWorkspace();
    const { users, usergroups } = botClient(sim);
    async function flags(id: string) {
      return (await users.info({ user: id })).user;
    }

    expect(await flags("U0ALICE000")).toMatchObject({ deleted: false, is_restricted: false });
    expect(await flags("U0GINA0000")).toMatchObject({ is_restricted: true });
    expect(await flags("U0SVEN0000")).toMatchObject({ is_ultra_restricted: true });
    expect(await flags("U0EVE00000")).toMatchObject({ team_id: "T0OTHER000" });
    expect(await flags("U0EVE00000")).not.toHaveProperty("is_stranger");
    expect(await flags("U0STAN0000")).toMatchObject({ team_id: "T0OTHER000", is_stranger: true });
    expect(await flags("U0DORA0000")).toMatchObject({ deleted: true });
    expect(await flags("U0SALLYPORT")).toMatchObject({ is_bot: true });
    expect((await usergroups.users.list({ usergroup: "S0SECURITYEGRESS" })).users).toEqual([
      "U0BOB00000",
    ]);
  });

  it("plays faults: errors, 429, cut connections before and after, held calls", async () => {
    await using sim = await startWorkspace();
    const { chat } = botClient(sim);
    function post(text: string) {
      return chat.postMessage({ channel: EGRESS, text });
    }
    const match = { method: "chat.postMessage" };

    sim.faults.next(match, { retryAfter: 7 });
    await expect(post("a")).rejects.toMatchObject({ retryAfter: 7 });
    sim.faults.next(match, { status: 503 });
    await expect(post("b")).rejects.toMatchObject({ statusCode: 503 });
    sim.faults.next(match, { dropBefore: true });
    await expect(post("c")).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    const after = sim.faults.next({ method: /^chat\./u }, { dropAfter: true });
    await expect(post("d")).rejects.toMatchObject({ code: "slack_webapi_request_error" });
    await after.hit;
    const held = sim.faults.next(match, { hold: true });
    const pending = post("e");
    await held.hit;
    expect(sim.messages("egress").map((each) => each.text)).toEqual(["d"]);
    held.release();
    await pending;

    expect(sim.messages("egress").map((each) => each.text)).toEqual(["d", "e"]);
  });

  it("lets a response_url be used five times within thirty minutes", async () => {
    let now = 1_800_000_000_000;
    await using sim = await startWorkspace({ clock: { now: () => now }, ackTimeoutMs: 1 });
    await openSocket(sim);
    const { payload } = await sim.slash("alice", "egress", "list");
    async function respond(): Promise<number> {
      const body = JSON.stringify({ text: "hi" });
      return (await fetch(String(payload["response_url"]), { method: "POST", body })).status;
    }

    for (let use = 1; use <= 5; use += 1) expect(await respond()).toBe(200);
    expect(await respond()).toBe(404);
    expect(sim.ephemerals("alice")).toHaveLength(5);
    const later = await sim.slash("alice", "egress", "list");
    now += 30 * 60_000 + 1;
    const url = String(later.payload["response_url"]);
    const late = await fetch(url, { method: "POST", body: '{"text":"hi"}' });
    expect(await late.json()).toEqual({ ok: false, error: "expired_url" });
  });
});

function platform(error: string) {
  return { data: { ok: false, error } };
}

function section(text: string) {
  return { type: "section", text: { type: "mrkdwn", text } };
}

function header(type: string, length: number) {
  return { type: "header", text: { type, text: "x".repeat(length) } };
}

function actions(...elements: readonly object[]) {
  return { type: "actions", elements };
}

function numberedButtons(count: number) {
  return Array.from({ length: count }, (_, index) => button({ action_id: `a${index}` }));
}

function withId(id: string) {
  return { ...SECTION, block_id: id };
}

async function rawPost(
  sim: SlackSimulator,
  method: string,
  body: object,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${sim.url}${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${sim.botToken}` },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Record<string, unknown>;
}

/** A connection that never acknowledges anything; it ends with the simulator. */
async function openSocket(sim: SlackSimulator): Promise<void> {
  const client = new WebClient(sim.appToken, { slackApiUrl: sim.url });
  const { url = "" } = await client.apps.connections.open({});
  new WebSocket(url).on("error", () => undefined);
  await sim.until(() => sim.socket.connections === 1);
}
