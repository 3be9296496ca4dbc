import { describe, expect, it } from "@jest/globals";
import { type Board, boardKey } from "#src/domain/request/board.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { packBoard } from "#src/requests/packed-board.ts";
import { processNotify } from "#jobs/notify.ts";
import type { Memory } from "#test/support/bot-in-memory.ts";
import { anAdmission, NINE } from "#test/support/signed-request.ts";
import { aWorld, ID, recordIn, rewrite, waiting } from "./notify-world.ts";

const CARD = "C0SECURITY/1.1";

function anotherPlan(memory: Memory): Partial<RequestRecord> {
  const { plan, planned } = waiting(memory, "beef".padEnd(64, "0"));
  if (plan === undefined || planned === undefined) throw new Error("no plan");
  return { plan, planned };
}

/** What the worker signed about the card, opened. */
function cardIn(memory: Memory) {
  const { card } = recordIn(memory);
  if (card === undefined) return undefined;
  const opened = openStatement(memory.keys.trust, card.envelope, { kind: "card", at: NINE });
  if (!opened.opened) throw new Error(opened.problem);
  return opened.statement.payload;
}

function planDigest(memory: Memory): string {
  const { planned } = recordIn(memory);
  return planned === undefined ? "" : envelopeDigest(planned.envelope);
}

describe("the card of a request that waits for a decision", () => {
  it("is signed once it is there: which message shows which plan, and where typed decisions go", async () => {
    const { memory, slack, ports } = aWorld();

    await processNotify(ports, { requestId: ID });

    expect(slack.messages.get(CARD)?.message.text).toMatch(/plan 3f9a0c1d: pending$/);
    expect(cardIn(memory)).toEqual({
      requestId: ID,
      cluster: "prod-1",
      plan: planDigest(memory),
      channel: "C0SECURITY",
      ts: "1.1",
      threadTs: "1.1",
      at: NINE,
    });
    expect(memory.audit).toMatchObject([{ draft: { actor: "worker", event: "card-shown" } }]);
  });

  it("in the asking thread takes typed decisions there", async () => {
    const { memory, ports } = aWorld();

    await processNotify({ ...ports, approvalsChannel: undefined }, { requestId: ID });

    expect(cardIn(memory)).toMatchObject({ channel: "C0TEAMX", threadTs: "1772442000.000100" });
  });

  it("is neither written nor signed again while nothing changed", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    const before = [...slack.writes];

    await processNotify(ports, { requestId: ID });

    expect(slack.writes).toEqual(before);
    expect(memory.audit).toHaveLength(1);
  });

  it("is painted and signed anew when the plan is another one", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    rewrite(memory, anotherPlan(memory));

    await processNotify(ports, { requestId: ID });

    expect(slack.messages.get(CARD)?.message.text).toMatch(/plan beef0000: pending$/);
    expect(cardIn(memory)).toMatchObject({ plan: planDigest(memory), ts: "1.1" });
  });

  it("that was deleted is posted again, and the new message signed", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    slack.messages.delete(CARD);
    rewrite(memory, anotherPlan(memory));

    await processNotify(ports, { requestId: ID });

    const card = cardIn(memory);
    expect(card?.ts).not.toBe("1.1");
    expect(slack.messages.get(`C0SECURITY/${card?.ts}`)?.message.text).toMatch(/beef0000: pending/);
  });

  it("is the same message where its place was lost: the signed card still names it", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    memory.surfaces.delete(ID);
    rewrite(memory, anotherPlan(memory));

    await processNotify(ports, { requestId: ID });

    expect([...slack.messages.keys()].filter((key) => key.startsWith("C0SECURITY"))).toEqual([
      CARD,
    ]);
    expect(slack.messages.get(CARD)?.message.text).toMatch(/plan beef0000: pending$/);
    expect(cardIn(memory)).toMatchObject({ plan: planDigest(memory), ts: "1.1" });
  });

  it("says what became of a request that was filled in from the cluster, without its plan", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    memory.surfaces.delete(ID);
    const { plan: _plan, ...rest } = recordIn(memory);
    memory.records.set(ID, { ...rest, state: "ended", admission: anAdmission(memory.keys, rest) });

    await processNotify(ports, { requestId: ID });

    expect(slack.messages.get(CARD)?.message.text).toMatch(/: ended$/);
  });

  it("is written before it is signed, whatever the store believes it shows", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    // Somebody put the place of another message in the card's stead.
    const card = memory.surfaces.get(ID)?.find(({ key }) => key === "card");
    if (card === undefined) throw new Error("no card");
    slack.messages.set("C0SECURITY/9.9", { message: { text: "something else" } });
    await ports.surfaces.put(ID, { ...card, ts: "9.9" });

    await processNotify(ports, { requestId: ID });

    expect(cardIn(memory)).toMatchObject({ ts: "9.9" });
    expect(slack.messages.get("C0SECURITY/9.9")?.message.text).toMatch(/3f9a0c1d: pending/);
  });

  it("is not signed for a plan that was made while it was painted", async () => {
    const { memory, ports } = aWorld();
    memory.faster.write = () => rewrite(memory, anotherPlan(memory));

    await processNotify(ports, { requestId: ID });

    expect(recordIn(memory).card).toBeUndefined();
  });

  it("is signed although somebody else wrote the request meanwhile", async () => {
    const { memory, ports } = aWorld();
    memory.faster.write = () => rewrite(memory, {});

    await processNotify(ports, { requestId: ID });

    expect(cardIn(memory)).toMatchObject({ plan: planDigest(memory) });
  });

  it("keeps the statement that was decided on, even if its message is posted again", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    const decidedOn = recordIn(memory).card;
    slack.messages.delete(CARD);
    rewrite(memory, { state: "approved" });

    await processNotify(ports, { requestId: ID });

    expect(slack.writes.filter((write) => write.startsWith("post C0SECURITY"))).toHaveLength(2);
    expect(recordIn(memory).card).toEqual(decidedOn);
  });

  it("that cannot be updated is not signed for the plan it does not show", async () => {
    const { memory, slack, ports } = aWorld();
    await processNotify(ports, { requestId: ID });
    const first = recordIn(memory).card;
    slack.closed.set("C0SECURITY", "NotInChannel");
    rewrite(memory, anotherPlan(memory));

    await processNotify(ports, { requestId: ID });

    expect(recordIn(memory).card).toEqual(first);
  });

  it.each([
    ["NotInChannel", /cannot be posted to <#C0SECURITY>\. Invite me there/],
    ["ChannelGone", /<#C0SECURITY>: that channel is archived/],
    ["SlackAuth", /<#C0SECURITY>: Slack refuses Sallyport's token/],
    ["BadMessage", /<#C0SECURITY>: Slack does not take it \(BadMessage\)/],
  ])("that cannot be posted (%s) is not signed, and who asked is told why", async (code, why) => {
    const { memory, slack, ports } = aWorld();
    slack.closed.set("C0SECURITY", code);

    await processNotify(ports, { requestId: ID });

    expect(recordIn(memory).card).toBeUndefined();
    const texts = [...slack.messages.values()].map(({ message }) => message.text);
    expect(texts).toContainEqual(expect.stringMatching(why));
    expect(texts.some((text) => text.includes("Invite me"))).toBe(code === "NotInChannel");
  });
});

describe("a stored request that is not what Sallyport wrote", () => {
  it("is told to the approvers, paints nothing and stops nothing else", async () => {
    const { memory, slack, ports } = aWorld();
    memory.records.set(ID, "garbage");

    expect(await processNotify(ports, { requestId: ID })).toEqual({ kind: "done" });

    expect(slack.messages.size).toBe(0);
    expect([...memory.told]).toEqual([
      [`overwritten:${ID}`, expect.stringMatching(/EG-7QK4M is not what Sallyport wrote/)],
    ]);
  });
});

describe("what waits in a frozen cluster", () => {
  it.each([
    [true, true],
    [false, false],
  ])("says so by what a lane last reported: frozen %s", async (frozen, isSaid) => {
    const { memory, slack, ports } = aWorld();
    const board: Board = { cluster: "prod-1", at: NINE, configDigest: "", frozen, grants: {} };
    await ports.lanes.write(boardKey("prod-1"), packBoard(board));
    const admission = anAdmission(memory.keys, recordIn(memory));
    rewrite(memory, { state: "applying", admission });

    await processNotify(ports, { requestId: ID });

    const shown = JSON.stringify([...slack.messages.values()]);
    expect(shown.includes("cluster prod-1 is frozen")).toBe(isSaid);
  });
});
