import { beforeEach, describe, expect, it } from "@jest/globals";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { acceptOffer, offerShorter } from "#src/slack/commands/following/offer.ts";
import { DAY, NINE } from "#test/support/signed-request.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { aDesk, answered, ASKED, type Desk } from "./a-desk.ts";

let desk: Desk;
let posted: { readonly channel: string; readonly message: ChatMessage }[];

beforeEach(() => {
  desk = aDesk();
  posted = [];
});

const ID = "EG-7QK4M";
const ALICE = ASKED.by.userId;

function pending(change: Partial<Asked> = {}, state: RequestState = "pending"): RequestRecord {
  const asked = { ...ASKED, durationMs: 30 * DAY, latestEnd: NINE + 38 * DAY, ...change };
  return desk.store({ ...aShownRequest(desk.memory.keys, { asked }), state });
}

async function offers(days: number, user = "U0SAM"): Promise<string> {
  const chat: Desk["ports"]["chat"] = {
    ...desk.ports.chat,
    async post(channel, _thread, message) {
      posted.push({ channel, message });
      return `${posted.length}.1`;
    },
  };
  const by = { userId: user, teamId: "T0HOME" };
  const offer = { id: ID, by, offeredMs: days * DAY, eventId: "C0SECURITY:1.1:U0SAM:2.2" };
  return answered(await offerShorter({ ...desk.ports, chat }, offer));
}

let clicks = 0;

async function accepts(days = 7, user = ALICE): Promise<string> {
  clicks += 1;
  const written = desk.written({ user, sourceId: `C0TEAMX:1.1:${user}:${clicks}` });
  return answered(await acceptOffer(desk.ports, written, { id: ID, offeredMs: days * DAY }));
}

function made(): readonly RequestRecord[] {
  return [...desk.memory.records.keys()].filter((id) => id !== ID).map((id) => desk.stored(id));
}

describe("an offer of a shorter time", () => {
  it("is said once in the request's thread, and changes nothing", async () => {
    const before = pending();
    expect([await offers(7), await offers(7)]).toEqual(["", ""]);

    expect(posted.map(({ channel }) => channel)).toEqual([before.asked.channel]);
    expect(posted[0]?.message.text).toContain("<@U0SAM> offers 7 d instead of 30 d");
    expect(desk.stored()).toEqual(before);
  });

  it.each<[string, Partial<Asked>, number, RegExp]>([
    ["as long", {}, 30, /not shorter/],
    ["longer", {}, 31, /not shorter/],
    [
      "as long as until the end",
      { durationMs: undefined, latestEnd: NINE + DAY },
      1,
      /not shorter/,
    ],
  ])("that is %s is none", async (_, change, days, words) => {
    pending(change);

    expect(await offers(days)).toMatch(words);
    expect(posted).toEqual([]);
  });

  it("is for its approvers, of whom who asked is none, and while it waits", async () => {
    pending();
    expect(await offers(7, "U0BOB")).toContain("not among the approvers");
    pending({ by: { userId: "U0SAM", teamId: "T0HOME" } });
    expect(await offers(7)).toContain("asked for this yourself");
    pending({}, "approved");
    expect(await offers(7)).toContain("it is approved");
    expect(posted).toEqual([]);
  });

  it("accepted is a request of its own for that time, and the old one is cancelled", async () => {
    const { asked } = pending({ reason: "weather feed" });
    expect(await accepts()).toBe("");

    const [record] = made();
    expect(record?.request.payload.asked).toMatchObject({
      by: asked.by,
      destination: asked.destination,
      scope: asked.scope,
      reason: "weather feed",
      threadTs: asked.threadTs,
      durationMs: 7 * DAY,
    });
    expect(record).toMatchObject({ state: "planning", decisions: [] });
    expect(record?.asked.latestEnd).toBeLessThanOrEqual(asked.latestEnd);
    expect(desk.stored()).toMatchObject({ state: "closing" });
    expect(desk.stored().decisions[0]?.payload).toMatchObject({ verdict: "cancel" });
  });

  it("never ends later than what was asked", async () => {
    const { asked } = pending({ durationMs: undefined, latestEnd: NINE + 8 * DAY });
    await accepts();

    expect(made()[0]?.asked.latestEnd).toBe(asked.latestEnd);
  });

  it("is accepted once, whichever it is and however often it is clicked", async () => {
    pending();
    await Promise.all([accepts(), accepts()]);
    expect(made()).toHaveLength(1);

    expect(await accepts(3)).toContain(`${made()[0]?.id} asks for it already`);
    expect(made()).toHaveLength(1);
  });

  it("is asked anew by the next click where the one before only cancelled", async () => {
    pending();
    await accepts();
    for (const { id } of made()) desk.memory.records.delete(id);
    desk.memory.sources.clear();

    expect(await accepts()).toBe("");
    expect(made()).toHaveLength(1);
  });

  it("is accepted by nobody else, and not once somebody decided", async () => {
    pending();
    expect(await accepts(7, "U0BOB")).toContain("only who asked for it can accept".slice(5));
    expect(await accepts(7, "U0STRANGER")).toContain("another organisation");
    expect(desk.stored().state).toBe("pending");

    for (const state of ["approved", "active", "denied", "lapsed"] as const) {
      pending({}, state);
      expect(await accepts()).toContain(`it is ${state}`);
    }
    expect(made()).toEqual([]);
  });
});
