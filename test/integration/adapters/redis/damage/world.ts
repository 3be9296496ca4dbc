import { egressRequests } from "#src/domain/request/kinds.ts";
import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { RequestRecord } from "#src/domain/request/request.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Stores } from "#test/support/redis-stores.ts";
import {
  type Keyring,
  NINE,
  aDecision,
  aPendingRequest,
  aRequest,
  anOrder,
  anActiveRequest,
  anAsked,
  anEnd,
} from "#test/support/signed-request.ts";

export const PLANNING = "EG-00001";
export const PENDING = "EG-00002";
export const ACTIVE = "EG-00003";
export const ENDING = "EG-00004";
export const REQUESTS = [PLANNING, PENDING, ACTIVE, ENDING] as const;
const CLUSTERS = ["prod-1", "test-1"] as const;
const DELIVERIES = ["Ev1", "Ev2", "Ev3"] as const;
const DOCUMENTS = ["board:prod-1", "survey:prod-1", "told:a"] as const;

const draft = { actor: "worker", event: "moved" };

function draftOf({ version: _version, ...record }: RequestRecord): Omit<RequestRecord, "version"> {
  return record;
}

export function sourceOf(id: string): string {
  return `C0TEAMX:${id}`;
}

function anItem(id: string) {
  return { id, kind: "event", receivedAt: NINE, body: { event: { text: id } } } as const;
}

function aSurface(key: string, ts: string) {
  return { key, channel: "C0TEAMX", threadTs: "1.1", ts, shown: `${key} ${ts}` };
}

/** What a store holds after some requests were asked. */
export async function begin(stores: Stores, keys: Keyring): Promise<void> {
  for (const id of REQUESTS)
    await stores.bot.create(
      draftOf(aRequest(keys, { id, asked: anAsked({ cluster: "prod-1" }) })),
      sourceOf(id),
      draft,
    );
  for (const id of DELIVERIES) await stores.intake.record(anItem(id));
  for (const key of DOCUMENTS) await stores.lanes.write(key, { run: 1 });
  await stores.heartbeats.beat({ at: NINE - 1, configDigest: "a" });
  await stores.surfaces.put(PENDING, aSurface("card", "1.2"));
  await stores.surfaces.put(ACTIVE, aSurface("card", "1.3"));
  await stores.bot.addOrder(anOrder(keys, "freeze-1"), draft);
}

/** And after more has happened to them. */
export async function goOn(stores: Stores, keys: Keyring): Promise<void> {
  const pending = aPendingRequest(keys, { id: PENDING });
  const active = anActiveRequest(keys, { id: ACTIVE });
  const ending = anActiveRequest(keys, { id: ENDING, state: "ending" });
  const revoke = keys.decision.sign("decision", aDecision(ending, { verdict: "revoke" }));
  await replace(stores.worker, pending);
  await replace(stores.worker, active, anEnd(keys, active).envelope);
  await replace(
    stores.bot,
    { ...ending, decisions: [...ending.decisions, revoke] },
    revoke.envelope,
  );
  await stores.bot.audit("config", draft);
  await stores.intake.done("Ev3");
  for (const key of DOCUMENTS) await stores.lanes.write(key, { run: 2 });
  await stores.heartbeats.beat({ at: NINE, configDigest: "a" });
  await stores.surfaces.put(PENDING, aSurface("card", "1.4"));
  await stores.surfaces.put(PENDING, aSurface("progress", "1.5"));
  await stores.bot.addOrder(anOrder(keys, "freeze-2"), draft);
  await stores.bot.addOrder(anOrder(keys, "freeze-3", { cluster: "test-1" }), draft);
}

async function replace(
  store: RequestStore,
  record: RequestRecord,
  end?: ReturnType<typeof anEnd>["envelope"],
): Promise<void> {
  const read = await store.get(record.id);
  if (read === undefined) throw new Error(`${record.id} is not there`);
  const { result } = await store.update(read, {
    patch: draftOf(record),
    audit: draft,
    ...(end === undefined ? {} : { end }),
  });
  if (result !== "written") throw new Error(`${record.id}: ${result}`);
}

/** Everything that can be read, each thing under its own label. */
export type World = ReadonlyMap<string, string>;

export async function see(stores: Stores): Promise<World> {
  // At once: each way over the network costs more than the reading.
  const parts = await Promise.all([seeRequests(stores), seeIndexes(stores), seeOthers(stores)]);
  return new Map(parts.flat(2));
}

type Seen = readonly (readonly [label: string, value: string])[];

function seeRequests({ bot, worker }: Stores): Promise<readonly Seen[]> {
  const filters = [{}, { cluster: "prod-1", states: ["active", "planning"] }] as const;
  return Promise.all([
    ...REQUESTS.map((id) => labelled(`request ${id}`, () => bot.get(id))),
    ...REQUESTS.map((id) => labelled(`source ${sourceOf(id)}`, () => bot.bySource(sourceOf(id)))),
    ...filters.map(async (where): Promise<Seen> => {
      const records = await worker.list(where);
      return records.map((record) => [
        `listed ${record.id} ${JSON.stringify(where)}`,
        JSON.stringify(record),
      ]);
    }),
  ]);
}

function seeIndexes({ bot, worker, intake }: Stores): Promise<readonly Seen[]> {
  return Promise.all([
    worker
      .ends(REQUESTS, AbortSignal.timeout(60_000))
      .then(({ ends }) =>
        [...ends].flatMap(([id, some]) =>
          some.map((end) => [`end ${id} ${JSON.stringify(end)}`, "there"] as const),
        ),
      ),
    ...CLUSTERS.map(async (cluster): Promise<Seen> => {
      const orders = await worker.orders(cluster);
      return orders.map((order) => [`order ${cluster} ${JSON.stringify(order)}`, "there"]);
    }),
    intake.pending().then((ids) => ids.map((id) => [`waiting ${id}`, "there"] as const)),
    bot
      .auditTrail(1, 1000)
      .then((trail) =>
        trail.flatMap((stored) =>
          stored === undefined
            ? []
            : [
                [
                  `audit ${stored.entry.subject} ${envelopeDigest(stored.envelope)}`,
                  JSON.stringify(stored.entry),
                ] as const,
              ],
        ),
      ),
  ]);
}

function seeOthers({ heartbeats, intake, lanes, surfaces }: Stores): Promise<readonly Seen[]> {
  return Promise.all([
    ...DELIVERIES.map((id) => labelled(`intake ${id}`, () => intake.get(id))),
    ...DOCUMENTS.map((key) => labelled(`lane ${key}`, () => lanes.read(key))),
    labelled("heartbeat", () => heartbeats.newest()),
    ...REQUESTS.map(async (id): Promise<Seen> => {
      const found = await surfaces.surfaces(id);
      return found.map((surface) => [`surface ${id} ${surface.key}`, JSON.stringify(surface)]);
    }),
  ]);
}

async function labelled(label: string, reading: () => Promise<unknown>): Promise<Seen> {
  return [[label, await outcome(reading)]];
}

/** Writes to everything, and says how each went. */
export async function act(stores: Stores, keys: Keyring, known: Known): Promise<World> {
  const { bot, worker, heartbeats, intake, lanes, surfaces } = stores;
  const did = new Map<string, string>();
  async function put(label: string, acting: () => Promise<unknown>): Promise<void> {
    did.set(label, await outcome(acting));
  }
  for (const [id, record] of known)
    await put(`request ${id}`, async () => {
      const end = anEnd(keys, record, { cause: "revoked" }).envelope;
      return (await worker.update(record, { patch: { since: 1 }, audit: draft, end })).result;
    });
  await put("audit config", () => bot.audit("config", draft));
  await put("order", () => bot.addOrder(anOrder(keys, "freeze-4"), draft));
  await put("request new", async () => {
    const record = draftOf(aRequest(keys, { id: "EG-00009" }));
    return (await bot.create(record, sourceOf("EG-00009"), draft)).existed;
  });
  for (const id of REQUESTS)
    await put(`source ${sourceOf(id)}`, async () => {
      const record = draftOf(aRequest(keys, { id: "EG-00008" }));
      return (await bot.create(record, sourceOf(id), draft)).record.id;
    });
  await put("intake Ev4", () => intake.record(anItem("Ev4")));
  await put("intake Ev1", () => intake.record(anItem("Ev1")));
  await put("intake done", () => intake.done("Ev2"));
  for (const key of DOCUMENTS) await put(`lane ${key}`, () => lanes.write(key, { run: 3 }));
  await put("heartbeat", () => heartbeats.beat({ at: NINE, configDigest: "b" }));
  for (const id of REQUESTS)
    await put(`surface ${id}`, () => surfaces.put(id, aSurface("result", "1.9")));
  return did;
}

export type Known = ReadonlyMap<string, RequestRecord>;

export async function knownRequests({ bot }: Stores): Promise<Known> {
  return new Map(egressRequests(await bot.list({})).map((record) => [record.id, record]));
}

export const OVERWRITTEN = "StoreOverwritten";

async function outcome(doing: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await doing()) ?? "nothing";
  } catch (error) {
    if (error instanceof FatalError && error.code === OVERWRITTEN) return OVERWRITTEN;
    throw error;
  }
}
