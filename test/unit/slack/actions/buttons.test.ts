import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { createChat } from "#src/adapters/slack/chat.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { renderResult } from "#src/slack/render/request/result.ts";
import type { Memory } from "#test/support/bot-in-memory.ts";
import { aCard, anAsked } from "#test/support/signed-request.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { botClient } from "#test/integration/simulators/slack-support.ts";
import type { Message } from "#test/simulators/slack/model.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { BOT_USER_ID, TEAM_ID } from "#test/simulators/slack/world.ts";
import { SECURITY, startClicked } from "./clicked.ts";

const ID = "EG-7QK4M";
const OTHER = "EG-7QK4N";

let slack: SlackSimulator;
let memory: Memory;

beforeEach(async () => {
  ({ slack, memory } = await startClicked());
});

afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

/** A request whose card is in the approvers' channel, signed as the worker does it. */
async function shown(): Promise<{ readonly ts: string }> {
  const asked = anAsked({ cluster: "prod", by: { userId: "U0ASKER", teamId: TEAM_ID } });
  const record = aShownRequest(memory.keys, { asked });
  const ts = await createChat(botClient(slack)).post(SECURITY, undefined, renderCard(record));
  const place = { channel: SECURITY, ts, threadTs: ts };
  const card = aCard(memory.keys, record, { ...place, at: Date.now() - 1000 });
  memory.records.set(ID, { ...record, card });
  memory.surfaces.set(ID, [{ key: "card", ...place, shown: "x" }]);
  return { ts };
}

function stored(): RequestRecord {
  const record = memory.records.get(ID);
  if (record === undefined || record === "garbage" || record.kind !== "grant")
    throw new Error("no request is stored");
  return record;
}

async function click(user: string, ts: string, button: string): Promise<string> {
  const before = slack.ephemerals(user).length;
  await slack.click(user, { channel: SECURITY, ts }, button);
  return slack.until(() => slack.ephemerals(user)[before]?.message.text);
}

/** Copies a message under another ts, as a crash between posting and recording leaves one. */
function copyOf(ts: string): string {
  const live = slack.world.findMessage(SECURITY, ts);
  if (live === undefined) throw new Error("no card");
  const copy = slack.world.nextTs();
  slack.world.putMessage({ ...live, ts: copy });
  return copy;
}

function edited(
  { blocks = [] }: Message,
  from: string,
  to: string,
): NonNullable<Message["blocks"]> {
  return JSON.parse(JSON.stringify(blocks).replaceAll(from, to)) as NonNullable<Message["blocks"]>;
}

describe("Approve", () => {
  it("on the live card is recorded once, by who clicked, for this click", async () => {
    const { ts } = await shown();

    expect(await click("sam", ts, "Approve")).toMatch(
      /^Recorded: `EG-7QK4M` approved by <@U0SAM\w+>, being carried out/,
    );

    const [decision] = stored().decisions;
    expect(stored().state).toBe("approved");
    expect(decision?.payload.eventId).toMatch(
      new RegExp(`^${SECURITY}:${ts}:U0SAM\\w+:\\d+\\.\\d+$`),
    );
    expect(await click("sam", ts, "Approve")).toContain("changes nothing");
    expect(stored().decisions).toHaveLength(1);
  });

  it.each([
    ["who asked", "alice", /asked for this yourself/],
    ["who is no approver", "mallory", /not among the approvers/],
    ["who is of another workspace", "eve", /another organisation/],
  ])("by %s is answered and decides nothing", async (_who, user, why) => {
    const { ts } = await shown();

    expect(await click(user, ts, "Approve")).toMatch(why);

    expect(stored().decisions).toEqual([]);
  });

  it("on a copy is refused, points to the live card, and takes the copy's buttons", async () => {
    const { ts } = await shown();
    const copy = copyOf(ts);

    expect(await click("sam", copy, "Approve")).toContain(`The live one is in <#${SECURITY}>`);

    expect(slack.world.findMessage(SECURITY, copy)?.blocks ?? []).toEqual([]);
    expect(slack.world.findMessage(SECURITY, ts)?.blocks ?? []).not.toEqual([]);
    expect(stored().decisions).toEqual([]);
  });

  it("on the card of another request is refused, and that card is painted again and keeps its place", async () => {
    const { ts } = await shown();
    const live = slack.world.findMessage(SECURITY, ts);
    const other = aShownRequest(memory.keys, { id: OTHER, asked: anAsked({ cluster: "prod" }) });
    const place = { channel: SECURITY, ts: "1772442009.000100", threadTs: "1772442009.000100" };
    memory.records.set(OTHER, { ...other, card: aCard(memory.keys, other, place) });
    const blocks = JSON.stringify(live?.blocks).replaceAll(ID, OTHER);
    slack.world.putMessage({ ...live, blocks: JSON.parse(blocks) } as Message);

    expect(await click("sam", ts, "Approve")).toMatch(
      /^Not recorded: this is the card of `EG-7QK4M`, and the button you clicked was for `EG-7QK4N`/,
    );

    expect(slack.world.findMessage(SECURITY, ts)?.blocks ?? []).not.toEqual([]);
    expect(memory.surfaces.get(ID)).toEqual([expect.objectContaining({ shown: "" })]);
    expect(memory.jobs).toEqual([{ kind: "notify", requestId: ID }]);
    expect(stored().decisions).toEqual([]);
  });

  it("on a card that is posted and not signed yet is refused, and leaves it its buttons", async () => {
    const { ts } = await shown();
    const fresh = copyOf(ts);
    memory.surfaces.set(ID, [
      { key: "card", channel: SECURITY, threadTs: undefined, ts: fresh, shown: "x" },
    ]);

    expect(await click("sam", fresh, "Approve")).toContain("not the live card");

    expect(slack.world.findMessage(SECURITY, fresh)?.blocks ?? []).not.toEqual([]);
    expect(memory.jobs).toContainEqual({ kind: "notify", requestId: ID });
    expect(stored().decisions).toEqual([]);
  });

  it.each([
    ["text", (card: Message) => ({ text: card.text.replace("edition.cnn.com", "x.com") })],
    ["blocks", (card: Message) => ({ blocks: edited(card, "edition.cnn.com", "x.com") })],
    ["buttons", (card: Message) => ({ blocks: edited(card, '"Full plan"', '"Deny"') })],
  ])(
    "on a card whose %s somebody edited is refused and audited, and the card is painted again",
    async (_what, edit) => {
      const { ts } = await shown();
      const before = slack.world.findMessage(SECURITY, ts);
      if (before === undefined) throw new Error("no card");
      slack.world.putMessage({ ...before, ...edit(before) });

      expect(await click("sam", ts, "Approve")).toContain("does not say what the request says");

      expect(memory.audit.map(({ draft }) => draft.event)).toEqual(["card-differs"]);
      expect(memory.surfaces.get(ID)).toEqual([expect.objectContaining({ shown: "" })]);
      expect(memory.jobs).toEqual([{ kind: "notify", requestId: ID }]);
      expect(stored().decisions).toEqual([]);
    },
  );

  it("while Redis is away is answered, and may be tried again", async () => {
    const { ts } = await shown();
    memory.redis.answers = false;
    expect(await click("sam", ts, "Approve")).toContain("Not recorded");

    memory.redis.answers = true;
    expect(await click("sam", ts, "Approve")).toMatch(/^Recorded/);
  });
});

/** The window that asks for a reason. */
async function openWindow(ts: string): Promise<void> {
  await slack.click("sam", { channel: SECURITY, ts }, "Deny");
  await slack.until(() => slack.modal("sam"));
}

describe("Deny", () => {
  it("is the click that opened the window, with the words typed in it", async () => {
    const { ts } = await shown();
    await openWindow(ts);
    const before = slack.ephemerals("sam").length;
    await slack.submit("sam", { text: "unknown supplier" });
    const said = await slack.until(() => slack.ephemerals("sam")[before]?.message.text);

    expect(said).toMatch(/^Recorded: `EG-7QK4M` denied by/);
    const [decision] = stored().decisions;
    expect(decision?.payload).toMatchObject({ verdict: "deny", reason: "unknown supplier" });
    expect(decision?.payload.eventId).toContain(`${SECURITY}:${ts}:`);
    expect(stored().state).toBe("closing");
  });

  it("of a plan that changed while the window was open is refused", async () => {
    const { ts } = await shown();
    await openWindow(ts);
    const card = aCard(memory.keys, stored(), {
      channel: SECURITY,
      ts,
      threadTs: ts,
      at: Date.now() + 5000,
    });
    memory.records.set(ID, { ...stored(), card });
    const before = slack.ephemerals("sam").length;
    await slack.submit("sam", { text: "unknown supplier" });

    const said = await slack.until(() => slack.ephemerals("sam")[before]?.message.text);
    expect(said).toContain("older than the card as it is now");
    expect(stored().decisions).toEqual([]);
  });

  it("that cannot be recorded keeps the window open with the words, and can be sent again", async () => {
    const { ts } = await shown();
    await openWindow(ts);
    memory.redis.answers = false;
    await slack.submit("sam", { text: "unknown supplier" });
    expect(slack.modal("sam")).toBeDefined();

    memory.redis.answers = true;
    await slack.submit("sam", { text: "unknown supplier" });

    await slack.until(() => memory.jobs.length > 0);
    expect(stored().decisions).toHaveLength(1);
  });
});

describe("Revoke", () => {
  it("ends what is active, and says how to close it without Sallyport", async () => {
    await shown();
    memory.records.set(ID, { ...stored(), state: "active" });
    const message = renderResult(stored(), { givesUpAt: undefined });
    const ts = await createChat(botClient(slack)).post(SECURITY, undefined, message);
    await slack.click("sam", { channel: SECURITY, ts }, "Revoke");
    await slack.until(() => slack.modal("sam"));
    const before = slack.ephemerals("sam").length;
    await slack.submit("sam", { text: "incident" });

    const said = await slack.until(() => slack.ephemerals("sam")[before]?.message.text);
    expect(said).toMatch(/^Recorded: `EG-7QK4M` revoked by <@U0SAM\w+>, being carried out/);
    expect(said).toContain("`kubectl -n sallyport-system delete egrant eg-7qk4m`");
    expect(memory.ends).toEqual([stored().decisions[0]?.envelope]);
    expect(slack.messages(SECURITY).every(({ user }) => user === BOT_USER_ID)).toBe(true);
  });
});
