import { describe, expect, it } from "@jest/globals";
import { createSigner, createVerifier, generateKeyPair } from "#src/adapters/keys/keys.ts";
import { digest } from "#src/domain/canonical.ts";
import { markOf } from "#src/domain/request/record-mark.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { StoredAuditEntry } from "#src/ports/request-store.ts";
import { createWrittenRecords } from "#src/requests/written-records.ts";
import { aRequest, NINE } from "#test/support/signed-request.ts";

const ours = generateKeyPair();
const verifier = createVerifier([ours.publicKey]);

const first = aRequest();
const second: RequestRecord = { ...first, version: 2, state: "pending" };
const other: RequestRecord = { ...first, version: 2, state: "cancelled" };
const third: RequestRecord = { ...first, version: 3, state: "cancelled" };

describe("written records", () => {
  it("have nothing against a record that is what was last written", async () => {
    const { written } = logOf([first, second]);

    const before = await written.catchUp();

    expect(written.problemOf(second, before)).toBeUndefined();
  });

  it("find a record that was changed, one that was never written, and an older one put back", async () => {
    const { written } = logOf([first, second]);

    const before = await written.catchUp();

    expect(written.problemOf({ ...second, state: "approved" }, before)).toContain("changed after");
    expect(written.problemOf(third, before)).toContain("never written");
    expect(written.problemOf(first, before)).toContain("version 2 was written since");
  });

  it("accept a record that was read before somebody wrote it again", async () => {
    const { written, log } = logOf([first, second]);

    const before = await written.catchUp();
    log.push(entryOf(third, 3));
    await written.catchUp();

    expect(written.problemOf(second, before)).toBeUndefined();
    expect(written.problemOf(third, before)).toBeUndefined();
    expect(written.problemOf(second, await written.catchUp())).toContain("written since");
  });

  it("find one that was made from a record changed past us, until people decide on it anew", async () => {
    const { written, log } = logOf([first]);
    const forged: RequestRecord = { ...first, state: "approved" };
    log.push(entryOf(second, 2, { replaced: forged }), entryOf(third, 3));

    const before = await written.catchUp();
    expect(written.problemOf(second, before)).toContain("was made from a record that was changed");
    expect(written.problemOf(third, before)).toContain("was made from a record that was changed");

    const anew: RequestRecord = { ...third, version: 4, state: "pending" };
    log.push(entryOf(anew, 4, { replaced: third, event: "drifted" }));
    expect(written.problemOf(anew, await written.catchUp())).toBeUndefined();
  });

  it("do not count entries signed by somebody else, nor an old entry repeated", async () => {
    const { written, log } = logOf([first, second]);
    log.push(entryOf(third, 3, { privateKey: generateKeyPair().privateKey }), entryOf(first, 4));

    const before = await written.catchUp();

    expect(written.problemOf(third, before)).toContain("never written");
    expect(written.problemOf(first, before)).toContain("version 2 was written since");
    expect(written.problemOf(second, before)).toBeUndefined();
    expect(written.brokenAt()).toBe(3);
  });

  it("name every request written, so that a missing one is noticed", async () => {
    const { written } = logOf([first]);

    const before = await written.catchUp();

    expect([...written.writtenBefore(before)]).toEqual([[first.id, "team-x"]]);
  });

  it("read the log anew where it was replaced by another one", async () => {
    const { written, log } = logOf([first, second]);
    await written.catchUp();

    log.splice(0, 2, entryOf(first, 1), entryOf(other, 2));
    const before = await written.catchUp();

    expect(written.problemOf(second, before)).toContain("changed after version 2");
    expect(written.problemOf(other, before)).toBeUndefined();
  });
});

describe("a cluster", () => {
  it("is frozen from the signed entry that says so to the one that lifts it", async () => {
    const { written, log } = logOf([]);
    const steps = [];
    for (const event of ["read-only", "frozen", "read-only", "unfrozen"]) {
      log.push(aboutCluster(event, log));
      await written.catchUp();
      steps.push(written.isFrozen("prod"));
    }

    expect(steps).toEqual([false, true, true, false]);
    expect(written.isFrozen("other")).toBe(false);
    expect(written.brokenAt()).toBeUndefined();
  });

  it("stays frozen where somebody else lifts it", async () => {
    const { written, log } = logOf([]);
    log.push(aboutCluster("frozen", log));
    log.push(aboutCluster("unfrozen", log, generateKeyPair().privateKey));

    await written.catchUp();

    expect(written.isFrozen("prod")).toBe(true);
    expect(written.brokenAt()).toBe(2);
  });

  it("stays frozen where the entries that lifted it once are repeated, which breaks the log", async () => {
    const { written, log } = logOf([]);
    for (const event of ["frozen", "unfrozen", "frozen"]) log.push(aboutCluster(event, log));
    log.push(...log.slice(0, 2));

    await written.catchUp();

    expect(written.isFrozen("prod")).toBe(true);
    expect(written.brokenAt()).toBe(4);
  });

  it("is not to be known where an entry in between was put in another one's place", async () => {
    const { written, log } = logOf([]);
    for (const event of ["read-only", "frozen", "read-only"]) log.push(aboutCluster(event, log));
    log.splice(1, 1, ...log.slice(0, 1));

    await written.catchUp();

    expect(written.brokenAt()).toBe(2);
  });

  it("is as the log says that replaced another one", async () => {
    const { written, log } = logOf([]);
    log.push(aboutCluster("frozen", log));
    await written.catchUp();

    log.splice(0, 1, aboutCluster("unfrozen", []));
    await written.catchUp();

    expect(written.isFrozen("prod")).toBe(false);
    expect(written.brokenAt()).toBeUndefined();
  });
});

function logOf(records: readonly RequestRecord[]) {
  const log = records.map((record, index) => entryOf(record, index + 1));
  const written = createWrittenRecords(
    { auditTrail: async (from, limit) => log.slice(from - 1, from - 1 + limit) },
    verifier,
  );
  return { log, written };
}

function entryOf(
  record: RequestRecord,
  number: number,
  {
    replaced = [undefined, first, second][record.version - 1],
    privateKey = ours.privateKey,
    event = record.version === 1 ? "asked" : "planned",
  } = {},
): StoredAuditEntry {
  const entry = createSigner(privateKey).sign("audit", {
    subject: record.id,
    sequence: number,
    previous: "",
    at: NINE,
    actor: "bot",
    event,
    details: {
      scope: record.asked.scope,
      record: markOf(record, replaced),
    },
  });
  return { number, entry };
}

/** The next entry of cluster prod's chain. */
function aboutCluster(
  event: string,
  log: readonly StoredAuditEntry[],
  privateKey = ours.privateKey,
): StoredAuditEntry {
  const last = log.at(-1);
  const entry = createSigner(privateKey).sign("audit", {
    subject: "cluster:prod",
    sequence: log.length + 1,
    previous: last === undefined ? "" : digest(last.entry),
    at: NINE + log.length,
    actor: "user:U0SAM00000",
    event,
    details: {},
  });
  return { number: log.length + 1, entry };
}
