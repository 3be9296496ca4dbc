import { beforeEach, describe, expect, it } from "@jest/globals";
import type { AmendCommand } from "#src/domain/grammar/command.ts";
import type { Asked, RequestRecord } from "#src/domain/request/request.ts";
import { anActivation, anAdmission, DAY, HOUR, NINE } from "#test/support/signed-request.ts";
import { aShownRequest } from "#test/support/shown-plan.ts";
import { aDesk, ASKED, type Desk } from "./a-desk.ts";

let desk: Desk;

beforeEach(() => {
  desk = aDesk();
});

const ID = "EG-7QK4M";
const ENDS = NINE + 20 * DAY;
const HTTP = {
  host: "edition.cnn.com",
  port: 80,
  mode: "http",
  paths: ["/health", "/v1/*"],
} as const;
const BOB = "U0BOB";
const ALICE = ASKED.by.userId;

/** A grant that is open until `ENDS`; of `of` only some, where they are named. */
function open(change: Partial<Asked> = {}, of: readonly string[] = [ID]): RequestRecord {
  const asked = { ...ASKED, destination: HTTP, ...change };
  const base = aShownRequest(desk.memory.keys, { asked, state: "active" });
  const admitted = { ...base, admission: anAdmission(desk.memory.keys, base) };
  const record = { ...admitted, activation: anActivation(desk.memory.keys, admitted) };
  const entry = { state: "active", endsAt: ENDS, verdict: "enforced" } as const;
  desk.reports(Object.fromEntries(of.map((id) => [id, entry])));
  return desk.store(record);
}

async function says(change: Partial<AmendCommand>, user = BOB): Promise<string> {
  return desk.says({ kind: "amend", id: ID, ...change }, { user });
}

function made(): RequestRecord | undefined {
  const [id, ...more] = [...desk.memory.records.keys()].filter((each) => each !== ID);
  expect(more).toEqual([]);
  return id === undefined ? undefined : desk.stored(id);
}

describe("amend", () => {
  it("asks for the same with what is named as another, and the same end, as what follows it", async () => {
    const before = open();
    expect(await says({ paths: ["/*"], reason: "more" })).toBe("");

    const { team, gateway, cluster, scope } = before.asked;
    const signed = made()?.request.payload.asked;
    expect(signed).toMatchObject({
      team,
      gateway,
      cluster,
      scope,
      by: { userId: BOB },
      destination: { ...HTTP, paths: ["/*"] },
      reason: "more",
      follows: ID,
      amends: true,
      latestEnd: ENDS,
    });
    expect(signed).toHaveProperty("durationMs", undefined);
    expect(desk.memory.jobs).toEqual([{ kind: "plan", requestId: made()?.id }]);
  });

  it("takes a longer time as it is typed, and keeps reason and limits", async () => {
    const before = open();
    expect(await says({ duration: { kind: "for", ms: 30 * DAY } })).toBe("");

    expect(made()?.asked).toMatchObject({
      destination: HTTP,
      durationMs: 30 * DAY,
      reason: before.asked.reason,
    });
  });

  it("is renewed and moved as one that gives the same: that it amended is not asked again", async () => {
    open({ follows: "EG-00001", amends: true });
    await desk.says({ kind: "renew", id: ID, duration: { kind: "for", ms: DAY } });

    expect(made()?.asked).toMatchObject({ follows: ID });
    expect(made()?.asked).not.toHaveProperty("amends");
  });

  it.each<[string, Partial<AmendCommand>, Partial<Asked>]>([
    ["other paths", { paths: ["/v1/*"] }, {}],
    ["some methods", { methods: ["GET"] }, {}],
    ["more paths and less methods", { paths: ["/*"], methods: ["GET"] }, {}],
    [
      "fewer accounts",
      { serviceAccounts: ["feeds"] },
      { scope: { namespace: "team-x", serviceAccounts: [] } },
    ],
    ["an earlier end", { duration: { kind: "until", at: ENDS - HOUR } }, {}],
    ["what may end earlier", { duration: { kind: "for", ms: HOUR } }, {}],
  ])("that takes away, %s, is for who may revoke it", async (_, change, given) => {
    open(given);
    expect(await says(change)).toMatch(/would take something away.*Who can/s);
    expect(made()).toBeUndefined();

    expect(await says(change, ALICE)).toBe("");
    expect(made()?.asked).toMatchObject({ by: { userId: ALICE }, amends: true });
  });

  it("that takes away may be asked for by an approver", async () => {
    open();

    expect(await says({ paths: ["/v1/*"] }, "U0SAM")).toBe("");
  });

  it.each<[string, Partial<AmendCommand>, Partial<Asked>, RegExp]>([
    ["nothing that is another", { paths: ["/health", "/v1/*"] }, {}, /gives exactly that already/],
    ["the end it has", { duration: { kind: "until", at: ENDS } }, {}, /gives exactly that already/],
    ["its own accounts", { serviceAccounts: ["feeds"] }, {}, /gives exactly that already/],
    [
      "limits of what is encrypted",
      { paths: ["/v1"] },
      { destination: { ...ASKED.destination } },
      /sees no paths and methods of tls/,
    ],
    [
      "accounts that the team has not",
      { serviceAccounts: ["feeds", "orders"] },
      {},
      /team team-x has service account feeds/,
    ],
    ["an end in the past", { duration: { kind: "until", at: NINE - DAY } }, {}, /is in the past/],
    ["too long", { duration: { kind: "for", ms: 999 * DAY } }, {}, /the longest/i],
  ])("refuses %s", async (_, change, given, words) => {
    open(given);
    const said = await says(change, ALICE);

    expect(said).toMatch(words);
    expect(said).toContain(`${ID} was not amended`);
    expect(made()).toBeUndefined();
  });

  it("refuses what is not known, not open, or followed by another one", async () => {
    const change = { paths: ["/*"] };
    expect(await says({ id: "EG-ZZZZZ", ...change })).toContain("EG-ZZZZZ was not amended");

    open({}, []);
    expect(await says(change)).toMatch(/only what is open can be amended.*`allow edition/is);

    open();
    expect(await says(change)).toBe("");
    const { id } = made() ?? {};
    const second = { kind: "amend", id: ID, paths: ["/x"] } as const;
    const words = { user: ALICE, sourceId: "C0SECURITY:2.2" };
    expect(await desk.says(second, words)).toContain(`${id} follows it already`);
    expect(await desk.says({ kind: "renew", id: ID }, words)).toContain(
      `${id} asks for it already`,
    );
    expect(made()?.id).toBe(id);
  });

  it("of several takes limits for one alone, and a time for all that are open", async () => {
    const second = { ...ASKED, destination: { ...HTTP, host: "b.example.com" } };
    const { destination, typedHost, registrableDomain } = second;
    open({ also: [{ destination, typedHost, registrableDomain }] }, [`${ID}.1`, `${ID}.2`]);

    expect(await says({ paths: ["/*"] })).toContain("paths and methods are one's");
    expect(await says({ id: `${ID}.2`, paths: ["/*"] })).toBe("");
    expect(made()?.asked).toMatchObject({ destination: { host: "b.example.com", paths: ["/*"] } });
    expect(made()?.asked).not.toHaveProperty("also");

    const words = { user: ALICE, sourceId: "C0SECURITY:3.3" };
    const again = { kind: "amend", id: `${ID}.2`, methods: ["GET"] } as const;
    expect(await desk.says(again, words)).toContain("follows it already");
    expect(await desk.says({ ...again, id: `${ID}.1` }, words)).toBe("");

    for (const id of desk.memory.records.keys()) if (id !== ID) desk.memory.records.delete(id);
    desk.memory.sources.clear();
    expect(await says({ duration: { kind: "for", ms: 300 * DAY } })).toBe("");
    expect(made()?.asked.also).toHaveLength(1);
  });

  it("is refused to a stranger, and asks nothing by a clock that is off", async () => {
    open();
    expect(await says({ paths: ["/*"] }, "U0STRANGER")).toContain("another organisation");
    desk.memory.clock.offset = -300_000;
    expect(await says({ paths: ["/*"] })).toContain("300 s behind Slack's");
    expect(made()).toBeUndefined();
  });
});
