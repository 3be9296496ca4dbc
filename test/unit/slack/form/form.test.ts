import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { App } from "@slack/bolt";
import { createChat } from "#src/adapters/slack/chat.ts";
import { createIdentity } from "#src/adapters/slack/identity.ts";
import { createWindows } from "#src/adapters/slack/windows.ts";
import type { Asked } from "#src/domain/request/request.ts";
import { registerActions } from "#src/slack/actions/register.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { registerForm, SHORTCUTS } from "#src/slack/form/register-form.ts";
import { processIntake } from "#src/slack/intake/process-intake.ts";
import {
  botClient,
  startBolt,
  startWorkspace,
} from "#test/integration/simulators/slack-support.ts";
import { objectOf, objectsOf } from "#test/simulators/slack/json.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID } from "#test/simulators/slack/world.ts";
import { WORKSPACE } from "#test/support/workplace.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";

let slack: SlackSimulator;
let memory: Memory;
let ports: BotPorts;

beforeEach(async () => {
  slack = await startWorkspace({
    ...WORKSPACE,
    channels: [...(WORKSPACE.channels ?? []), { name: "elsewhere", withoutBot: true }],
  });
  memory = aMemory();
  memory.clock.now = Date.now();
  const client = botClient(slack);
  ports = {
    ...portsOver(memory),
    chat: createChat(client),
    windows: createWindows(client),
    identity: createIdentity(client, { now: () => Date.now() }),
  };
  await startBolt(slack, (app: App) => {
    registerActions(app, ports);
    registerForm(app, ports);
  });
});

afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

async function opened(user = "alice"): Promise<string> {
  const view = await slack.until(() => slack.modal(user));
  return view.id;
}

async function handle(): Promise<void> {
  for (const id of memory.items.keys()) await processIntake(ports, id, BOT_USER_ID);
}

function asked(): readonly Asked[] {
  return [...memory.records.values()].flatMap((record) =>
    record !== "garbage" && record.kind === "grant" ? [record.asked] : [],
  );
}

function teamsShown(user: string): readonly string[] {
  const blocks = objectsOf(slack.modal(user)?.definition["blocks"]);
  const team = blocks.find((block) => block["block_id"] === "team");
  return objectsOf(objectOf(team?.["element"])["option_groups"]).flatMap((group) =>
    objectsOf(group["options"]).map((option) => String(option["value"])),
  );
}

const WEATHER = { destinations: "edition.cnn.com:443", reason: "weather feed" };

/** Each way in, and where the thread is. */
const WAYS = [
  { way: "the command without words", open: () => slack.slash("alice", "team-y", "/egress") },
  {
    way: "a shortcut that belongs to no channel",
    open: () => slack.shortcut("alice", SHORTCUTS.anywhere),
    channel: "team-x",
  },
  {
    way: "a message",
    open: () => {
      const { ts } = slack.mention("yuri", "team-y", "can we have api.example.com:443 open?");
      return slack.messageShortcut("alice", { channel: "team-y", ts }, SHORTCUTS.ofMessage);
    },
  },
] as const;

describe("the form", () => {
  it.each(WAYS)("asks for what is filled in, from $way", async ({ open, ...rest }) => {
    await open();
    await opened();
    const sent = await slack.submit("alice", { ...WEATHER, team: "team-x" });
    await handle();

    expect(sent.responseAction).toBe("update");
    expect(asked()).toEqual([
      expect.objectContaining({
        team: "team-x",
        reason: "weather feed",
        destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
        durationMs: ports.config.durations.defaultMs,
        by: expect.objectContaining({ userId: "U0ALICE000" }),
      }),
    ]);
    const channel = "channel" in rest ? rest.channel : "team-y";
    const root = slack.messages(channel).find(({ user }) => user === BOT_USER_ID);
    expect(root?.text).toContain("asked: allow edition.cnn.com:443 for team-x");
    expect(asked()[0]?.channel).toBe(root?.channel);
    expect(asked()[0]?.threadTs).toBe(root?.thread_ts ?? root?.ts);
  });

  it("is filled in with what the grammar understands of a message, and stays in its thread", async () => {
    const { ts } = slack.mention("yuri", "team-y", "please open edition.cnn.com:443 for team-y");
    await slack.messageShortcut("alice", { channel: "team-y", ts }, SHORTCUTS.ofMessage);
    await opened();
    await slack.submit("alice", { reason: "as asked above" });
    await handle();

    expect(asked()).toEqual([
      expect.objectContaining({ team: "team-y", threadTs: ts, reason: "as asked above" }),
    ]);
    expect(slack.thread("team-y", ts).map(({ user }) => user)).toContain(BOT_USER_ID);
  });

  it("has the team of the channel chosen, and the teams somebody is in before the others", async () => {
    await slack.slash("alice", "team-x", "/egress");
    await opened();
    await slack.submit("alice", WEATHER);
    await handle();
    await slack.shortcut("alice", SHORTCUTS.anywhere);
    await slack.until(() => teamsShown("alice").length > 0 && slack.modal("alice"));

    expect(asked()[0]?.team).toBe("team-x");
    await slack.until(() => teamsShown("alice")[0] === "team-x");
  });

  it("says at its field what is wrong, keeps what was typed, and takes it when it is right", async () => {
    await slack.slash("alice", "team-y", "/egress");
    await opened();
    const wrong = await slack.submit("alice", {
      ...WEATHER,
      destinations: "10.0.0.1:443",
      methods: "FETCH",
      team: "team-x",
    });
    const mixed = await slack.submit("alice", { ...WEATHER, paths: "/v1", team: "team-x" });
    const right = await slack.submit("alice", { ...WEATHER, team: "team-x" });
    await handle();

    expect(wrong.errors).toEqual({
      destinations: expect.stringMatching(/^Not asked: .+\. .+\.$/),
    });
    expect(mixed.errors).toEqual({ paths: expect.stringContaining("encrypted") });
    expect(right.responseAction).toBe("update");
    expect(asked()).toHaveLength(1);
  });

  it("asks once, however often it is sent", async () => {
    await slack.slash("alice", "team-y", "/egress");
    await opened();
    const [first, second] = await Promise.all([
      slack.submit("alice", { ...WEATHER, team: "team-x" }),
      slack.submit("alice", { ...WEATHER, team: "team-x" }),
    ]);
    await handle();
    await handle();

    expect([first.delivery.outcome, second.delivery.outcome]).toEqual(["acked", "acked"]);
    expect(asked()).toHaveLength(1);
    expect(slack.messages("team-y").filter(({ user }) => user === BOT_USER_ID)).toHaveLength(1);
  });

  it("that cannot be stored says so, stays open with what was typed, and can be sent again", async () => {
    await slack.slash("alice", "team-y", "/egress");
    const id = await opened();
    memory.redis.answers = false;
    const lost = await slack.submit("alice", { ...WEATHER, team: "team-x" });
    memory.redis.answers = true;

    expect(lost.errors).toEqual({
      destinations: expect.stringMatching(/^Not recorded: .*try again/),
    });
    expect(slack.modal("alice")?.id).toBe(id);
    expect(memory.items.size).toBe(0);
    const again = await slack.submit("alice", { ...WEATHER, team: "team-x" });
    await handle();
    expect(again.responseAction).toBe("update");
    expect(asked()).toHaveLength(1);
  });

  it("of somebody who is no longer a member is refused as a typed one is", async () => {
    await slack.slash("alice", "team-y", "/egress");
    await opened();
    await slack.submit("alice", { ...WEATHER, team: "team-x" });
    slack.world.setUserKind("alice", "deactivated");
    await handle();

    expect(asked()).toEqual([]);
    expect(slack.transcript("team-y")).toMatch(/Your request was not recorded.*deactivated/s);
  });

  it("tells who sent it how to let the bot in, with their words", async () => {
    await slack.slash("alice", "elsewhere", "/egress");
    await opened();
    await slack.submit("alice", { ...WEATHER, team: "team-x" });
    await handle();

    expect(asked()).toEqual([]);
    const told = slack.messages(slack.world.directMessage("alice").id).at(-1)?.text;
    expect(told).toContain("/invite @sallyport");
    expect(told).toContain("/egress allow edition.cnn.com:443 for team-x");
  });

  it("shows what `check` says of what is typed, and keeps it", async () => {
    await slack.slash("alice", "team-y", "/egress");
    await opened();
    await slack.clickInModal("alice", "Check", {
      destinations: "edition.cnn.com:443\npastebin.com:443",
      team: "team-x",
    });
    await slack.until(() => slack.modalLines("alice").some((line) => line.startsWith("No: ")));

    const lines = slack.modalLines("alice").join("\n");
    expect(lines).toContain("would need approval");
    expect(lines).toContain("would be denied");
    await slack.clickInModal("alice", "Check", { destinations: "10.0.0.1:443" });
    await slack.until(() => slack.modalLines("alice").join("\n").includes("Not possible: "));
    expect(slack.modalLines("alice").join("\n")).not.toContain("would be denied");
  });

  it("that opens too late says so to who asked for it", async () => {
    slack.faults.next({ method: "views.open" }, { error: "expired_trigger_id" });
    await slack.shortcut("alice", SHORTCUTS.anywhere);

    const dm = slack.world.directMessage("alice").id;
    await slack.until(() => slack.messages(dm).at(-1)?.text.includes("try again"));
  });
});
