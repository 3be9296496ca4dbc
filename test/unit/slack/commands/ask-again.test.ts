import { beforeEach, describe, expect, it } from "@jest/globals";
import type { RequestState } from "#src/domain/request/lifecycle.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import { openStatement } from "#src/domain/request/signed/signature.ts";
import { ASKED_AGAIN_FOR_MS, askAgain } from "#src/slack/commands/following/ask-again.ts";
import { anEnd, DAY, NINE } from "#test/support/signed-request.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { aDesk, answered, ASKED, type Desk } from "./a-desk.ts";

let desk: Desk;

beforeEach(() => {
  desk = aDesk();
});

const ID = "EG-7QK4M";

/** A request that is over since nine. */
function over(change: Partial<Asked> = {}, state: RequestState = "ended"): RequestRecord {
  const { memory, store } = desk;
  const asked = { ...ASKED, reason: "weather feed", durationMs: 7 * DAY, ...change };
  return store({ ...aShownRequest(memory.keys, { asked }), state, since: NINE });
}

let clicks = 0;

async function again(user = "U0BOB"): Promise<string> {
  clicks += 1;
  const written = desk.written({ user, sourceId: `C0SECURITY:1.1:${user}:${clicks}` });
  return answered(await askAgain(desk.ports, written, ID));
}

function made(): readonly RequestRecord[] {
  return [...desk.memory.records.keys()]
    .filter((id) => id !== ID)
    .map((id) => desk.stored(id))
    .filter(({ id }) => id !== ID);
}

describe("ask again", () => {
  it.each<RequestState>(["ended", "denied", "cancelled", "lapsed"])(
    "of what is %s asks for the same, in its thread, by who clicked, as signed",
    async (state) => {
      const before = over({}, state);

      expect(await again()).toBe("");
      const [record] = made();
      const opened = openStatement(desk.memory.keys.trust, record?.request.envelope, {
        kind: "request",
        at: NINE,
      });
      const { channel, threadTs, destination, scope, gateway, team } = before.asked;
      expect(opened).toMatchObject({
        opened: true,
        statement: {
          payload: {
            eventId: `C0SECURITY:1.1:U0BOB:${clicks}`,
            asked: {
              channel,
              threadTs,
              destination,
              scope,
              gateway,
              team,
              by: { userId: "U0BOB", teamId: "T0HOME" },
              reason: "weather feed",
              durationMs: 7 * DAY,
            },
          },
        },
      });
      expect(record?.asked).not.toHaveProperty("follows");
      expect(desk.memory.jobs).toEqual([{ kind: "plan", requestId: record?.id }]);
    },
  );

  it("asks once, however often and by whomever it is clicked at once, and again once that is over", async () => {
    over();
    const answers = await Promise.all([again(), again(), again("U0ALICE")]);

    const [first, ...others] = made();
    expect(others).toEqual([]);
    expect(answers.filter((text) => text !== "")).toEqual([]);
    expect(await again()).toContain(`${first?.id} asks for it already`);
    expect(made()).toHaveLength(1);

    desk.store({ ...desk.stored(first?.id), state: "denied" });
    expect(await again()).toBe("");
    expect(made()).toHaveLength(2);
  });

  it("takes the gateway that the configuration has now", async () => {
    over({ gateway: { namespace: "egress-old", name: "old" } });
    await again();

    expect(made()[0]?.asked.gateway).toEqual({ namespace: "egress-gw", name: "egw" });
  });

  it("asks for several as they were, and for what followed another one by itself", async () => {
    const second = { destination: { host: "b.example.com", port: 443, mode: "tls" } } as const;
    const also = [{ ...second, typedHost: "b.example.com", registrableDomain: "example.com" }];
    over({ also, follows: "EG-00001", takesOverAfterMs: 1 });
    await again();

    const [record] = made();
    expect(record?.asked.also).toEqual(also);
    expect(record?.asked).not.toHaveProperty("follows");
    expect(record?.asked).not.toHaveProperty("takesOverAfterMs");
  });

  it.each<[string, Partial<Asked>, RegExp]>([
    ["a team that is gone", { team: "team-z" }, /no team \\"team-z\\"|no team "team-z"/],
    ["another cluster", { cluster: "old" }, /no cluster/],
    ["another namespace", { scope: { namespace: "old", serviceAccounts: [] } }, /has no place/],
    [
      "more accounts than the team has",
      { scope: { namespace: "team-x", serviceAccounts: [] } },
      /every pod of namespace team-x, and team team-x has service account feeds there now/,
    ],
    [
      "another account",
      { scope: { namespace: "team-x", serviceAccounts: ["other"] } },
      /service account other of namespace/,
    ],
    [
      "an end that is past",
      { durationMs: undefined, latestEnd: NINE - DAY },
      /in the past.*`allow edition\.cnn\.com:443 for team-x in prod\/team-x because weather feed`/s,
    ],
    ["longer than may be now", { durationMs: 400 * DAY }, /the longest.*`allow edition/is],
    ["no reason where one is needed", { reason: "" }, /a reason is required/i],
  ])("refuses %s", async (_what, change, words) => {
    over(change);
    const said = await again();

    expect(said).toMatch(words);
    expect(said).toContain(`${ID} was not asked for again`);
    expect(made()).toEqual([]);
  });

  it("is for 30 days; then the line to copy is all there is", async () => {
    over();
    desk.memory.clock.now = NINE + ASKED_AGAIN_FOR_MS;
    expect(await again()).toBe("");

    desk.memory.clock.now += 1;
    expect(await again()).toMatch(/more than 30 days.*`allow edition\.cnn\.com:443 for team-x/s);
    expect(made()).toHaveLength(1);
  });

  it.each<RequestState>(["pending", "approved", "closing", "active", "ending", "refused"])(
    "is not for what is %s",
    async (state) => {
      over({}, state);

      expect(await again()).toContain(`it is ${state}`.replace("it", "It"));
      expect(made()).toEqual([]);
    },
  );

  it("is not for what goes on by another request, nor for what nobody knows", async () => {
    const record = over();
    desk.store({ ...record, end: anEnd(desk.memory.keys, record, { cause: "superseded" }) });
    expect(await again()).toContain("took its place");

    desk.memory.records.clear();
    expect(await again()).toContain(ID);
    expect(made()).toEqual([]);
  });

  it("believes what was signed, not what is stored beside it", async () => {
    const record = over();
    const destination = { ...record.asked.destination, host: "evil.example.com" };
    desk.store({ ...record, asked: { ...record.asked, destination } });
    await again();

    for (const { asked } of made()) expect(asked.destination.host).toBe("edition.cnn.com");
  });

  it("is refused to a stranger as a line is", async () => {
    over();

    expect(await again("U0STRANGER")).toContain("another organisation");
    expect(made()).toEqual([]);
  });
});
