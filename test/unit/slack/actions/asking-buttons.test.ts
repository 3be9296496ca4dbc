import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { createChat } from "#src/adapters/slack/chat.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { renderCard } from "#src/slack/render/request/card.ts";
import { renderEnded } from "#src/slack/render/request/result.ts";
import { botClient } from "#test/integration/simulators/slack-support.ts";
import type { Message } from "#test/simulators/slack/model.ts";
import type { SlackSimulator } from "#test/simulators/slack/server.ts";
import { TEAM_ID } from "#test/simulators/slack/world.ts";
import type { Memory } from "#test/support/bot-in-memory.ts";
import { eventually } from "#test/support/eventually.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { aCard, anAsked } from "#test/support/signed-request.ts";
import { SECURITY, startClicked } from "./clicked.ts";

/* The buttons that ask for something, and decide nothing. */

const ID = "EG-7QK4M";
const ROOT = "1772442000.000100";
const BY = { userId: "U0ASKER", teamId: TEAM_ID };

let slack: SlackSimulator;
let memory: Memory;

beforeEach(async () => {
  ({ slack, memory } = await startClicked());
});

afterEach(async () => {
  await slack[Symbol.asyncDispose]();
});

/** A request whose card is in the approvers' channel; it was asked in a thread there. */
async function shown(): Promise<{ readonly ts: string }> {
  const asked = anAsked({ cluster: "prod", by: BY, channel: SECURITY, threadTs: ROOT });
  const record = aShownRequest(memory.keys, { asked });
  const ts = await createChat(botClient(slack)).post(SECURITY, undefined, renderCard(record));
  const card = aCard(memory.keys, record, { channel: SECURITY, ts, threadTs: ts });
  memory.records.set(ID, { ...record, card });
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

/** A message that says what has ended. */
async function ended(): Promise<string> {
  const asked = anAsked({
    cluster: "prod",
    by: BY,
    scope: { namespace: "team-x", serviceAccounts: ["feeds"] },
  });
  const record = aShownRequest(memory.keys, { asked, state: "ended", since: Date.now() });
  memory.records.set(ID, record);
  return createChat(botClient(slack)).post(SECURITY, undefined, renderEnded(record));
}

describe("Ask again", () => {
  it("pressed twice asks once, where it was asked before", async () => {
    const ts = await ended();
    await Promise.all([
      slack.click("mallory", { channel: SECURITY, ts }, "Ask again"),
      slack.click("mallory", { channel: SECURITY, ts }, "Ask again"),
    ]);

    await eventually(() =>
      expect(memory.jobs).toContainEqual(expect.objectContaining({ kind: "plan" })),
    );
    const answer = await slack
      .until(() => slack.ephemerals("mallory")[0]?.message.text, 500)
      .catch(() => "");
    expect(answer).toMatch(/^$|asks for it already/);
    const others = [...memory.records.values()].filter((each) => each !== stored());
    expect(others).toEqual([
      expect.objectContaining({
        state: "planning",
        asked: expect.objectContaining({
          channel: stored().asked.channel,
          threadTs: stored().asked.threadTs,
          destination: stored().asked.destination,
        }),
      }),
    ]);
  });

  it("by somebody of another organisation is refused", async () => {
    const ts = await ended();

    expect(await click("eve", ts, "Ask again")).toMatch(/another organisation/);
    expect(memory.records.size).toBe(1);
  });
});

/** What is said in the requester's thread. */
function offered(): Message | undefined {
  return slack.thread(SECURITY, ROOT).find(({ text }) => text.includes(" offers "));
}

async function offers(user: string, typed: string): Promise<void> {
  const { ts } = await shown();
  await slack.click(user, { channel: SECURITY, ts }, "Offer shorter");
  await slack.until(() => slack.modal(user));
  await slack.submit(user, { text: typed });
}

describe("Offer shorter", () => {
  it("says so to who asked, decides nothing, and is asked anew by Accept", async () => {
    await offers("sam", "7d");
    const { ts } = await slack.until(offered);
    expect(offered()?.text).toContain("offers 7 d instead of 30 d");
    expect(stored()).toMatchObject({ state: "pending", decisions: [] });

    await slack.click("alice", { channel: SECURITY, ts }, "Accept");
    await eventually(() =>
      expect(memory.jobs).toContainEqual(expect.objectContaining({ kind: "plan" })),
    );
    expect(stored().state).toBe("closing");
    expect([...memory.records.values()].at(-1)).toMatchObject({
      state: "planning",
      asked: { durationMs: 7 * 86_400_000 },
    });
  });

  it("says in the window what is no time, and keeps it open", async () => {
    await offers("sam", "a week");

    expect(slack.modal("sam")).toBeDefined();
    expect(offered()).toBeUndefined();
  });

  it("is for approvers", async () => {
    await offers("mallory", "7d");

    const said = await slack.until(() => slack.ephemerals("mallory")[0]?.message.text);
    expect(said).toContain("you are not among the approvers".replace("you", "You"));
    expect(offered()).toBeUndefined();
  });
});
