import { beforeEach, describe, expect, it } from "@jest/globals";
import type { Command } from "#src/domain/grammar/command.ts";
import type { BoardEntry } from "#src/domain/request/board.ts";
import { anActiveRequest, NINE } from "#test/support/signed-request.ts";
import { aDesk, ASKED, type Desk } from "./a-desk.ts";

let memory: Desk["memory"];
let says: Desk["says"];
let store: Desk["store"];
let reports: Desk["reports"];

beforeEach(() => {
  ({ memory, says, store, reports } = aDesk());
});

describe("what is shown of an admitted grant", () => {
  const ENTRY: BoardEntry = { state: "active", endsAt: NINE + 86_400_000, verdict: "enforced" };

  it("is what a lane saw, and when", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY });

    const status = await says({ kind: "status", id: "EG-7QK4M" });
    expect(status).toMatch(/: active\n/);
    expect(status).toMatch(/\*Active\* \(enforced\), approved by <@U0SECURITY>.*as of 09:01 UTC/);
    expect(await says({ kind: "list" })).toMatch(
      /`EG-7QK4M` .*team-x: active, until .*as of 09:01/,
    );
  });

  it.each([
    ["Checks of", "enforced"],
    ["Not confirmed by the cluster: checks of", "advisory"],
  ])("says %s what the record has, where a lane reports %s", async (words, verdict) => {
    const evidence = {
      verdict: "enforced",
      checks: [],
      advisories: [],
      at: NINE,
      serial: 1,
      egressIpPrefix: undefined,
    } as const;
    store(anActiveRequest(memory.keys, { asked: ASKED, evidence }));
    reports({ "EG-7QK4M": { ...ENTRY, verdict } });

    expect(await says({ kind: "status", id: "EG-7QK4M" })).toContain(`\\n${words} `);
  });

  it("is not what its record says: unconfirmed, where no lane reports it", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({});

    for (const command of [{ kind: "status", id: "EG-7QK4M" }, { kind: "list" }] as const) {
      const text = await says(command);
      expect(text).toMatch(/admitted, not confirmed/i);
      expect(text).not.toMatch(/: active|\*Active/);
    }
  });

  it("is said to be as last seen, where no lane ran for two sweeps", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY }, memory.clock.now - 121_000);

    expect(await says({ kind: "status", id: "EG-7QK4M" })).toMatch(
      /active when last seen[^]*not confirmed since 08:58 UTC/i,
    );
    expect(await says({ kind: "list" })).toContain("not confirmed since 08:58 UTC");
  });

  it("is shown also where its request is lost", async () => {
    reports({ "EG-7QK4M": ENTRY });

    for (const command of [{ kind: "status", id: "EG-7QK4M" }, { kind: "list" }] as const)
      expect(await says(command)).toMatch(/`EG-7QK4M`: active .*not in Sallyport's store/);
  });
});

describe("check", () => {
  const command: Command = {
    kind: "check",
    destination: { host: "edition.cnn.com", port: 443, mode: "tls" },
    typedHost: "edition.cnn.com",
    team: "team-x",
  };
  const ENTRY: BoardEntry = { state: "active", endsAt: NINE + 86_400_000 };

  it.each<readonly [what: string, grants: Record<string, BoardEntry>, answer: RegExp]>([
    ["active", { "EG-7QK4M": ENTRY }, /^Yes: .*granted by `EG-7QK4M` until.*as of 09:01 UTC/],
    ["unproven", { "EG-7QK4M": { ...ENTRY, state: "unproven" } }, /^Not yet: .*not proven to work/],
    ["ended", { "EG-7QK4M": { ...ENTRY, state: "ended" } }, /^No: .*not granted/],
    ["not reported", {}, /^No: .*not granted/],
  ])("of what is %s answers by the cluster, not by the record", async (_what, grants, answer) => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports(grants);

    expect(await says(command)).toMatch(answer);
  });

  it("believes of a record only what the bot signed when it was asked", async () => {
    const record = anActiveRequest(memory.keys, {
      asked: { ...ASKED, destination: { host: "a.example.com", port: 443, mode: "tls" } },
    });
    store({ ...record, asked: ASKED });
    reports({ "EG-7QK4M": ENTRY });

    expect(await says(command)).toMatch(/^No: /);
  });

  it("does not say yes by a report that is old", async () => {
    store(anActiveRequest(memory.keys, { asked: ASKED }));
    reports({ "EG-7QK4M": ENTRY }, memory.clock.now - 121_000);

    expect(await says(command)).toMatch(/^Not confirmed: .*not confirmed since 08:58 UTC/);
  });
});
