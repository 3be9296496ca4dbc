import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { aKeyring } from "#test/support/signed-request.ts";
import { belongings } from "#test/integration/adapters/redis/damage/belongings.ts";
import {
  openStores,
  type OpenStores,
} from "#test/integration/adapters/redis/damage/open-stores.ts";
import { damagedTexts } from "#test/integration/adapters/redis/damage/damages.ts";
import {
  dump,
  keysUnder,
  overwrite,
  putBack,
  takeOut,
  type Unit,
  unitsOf,
} from "#test/integration/adapters/redis/damage/units.ts";
import {
  act,
  begin,
  goOn,
  type Known,
  knownRequests,
  OVERWRITTEN,
  see,
  type World,
} from "#test/integration/adapters/redis/damage/world.ts";

/*
 * Somebody who may write to Redis changes one thing. Everything else must read and be written as before; the thing itself
 * reads as what it was, as an older one that was genuine, or not at all.
 */

const keys = aKeyring();

let opened: OpenStores;
let redis: OpenStores["redis"];
let stores: OpenStores["stores"];
let prefix: string;

interface Before {
  readonly dumped: ReadonlyMap<string, Buffer>;
  readonly seen: World;
  readonly known: Known;
}
let older: Before;
let now: Before;
/** After everything was written to, undamaged. */
let did: World;
let after: World;

beforeAll(async () => {
  opened = await openStores(keys, 20_000);
  ({ redis, stores, prefix } = opened);
  await begin(stores, keys);
  older = await remember();
  await goOn(stores, keys);
  now = await remember();
  did = await act(stores, keys, now.known);
  after = await see(stores);
  expect(stores.told).toEqual([]);
}, 120_000);
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
});

async function remember(): Promise<Before> {
  return {
    dumped: await dump(redis.client, prefix),
    seen: await see(stores),
    known: await knownRequests(stores),
  };
}

/** Of what stands under a key, or in one element of it: nothing else may suffer. */
function labelsOf({ key, field }: Damage["unit"]): (label: string) => boolean {
  const starts = belongings(key.slice(prefix.length), field);
  return (label) => starts.some((start) => label === start || label.startsWith(`${start} `));
}

interface Damage {
  readonly unit: Pick<Unit, "key" | "field">;
  readonly what: string;
  damage(): Promise<unknown>;
}

/** Damages one thing and looks; answers what went wrong. */
async function suffer({ unit, what, damage }: Damage): Promise<readonly string[]> {
  await putBack(redis.client, prefix, now.dumped);
  stores.told.length = 0;
  await damage();
  const isIts = labelsOf(unit);
  const seen = await see(stores);
  return [
    ...suffered("read", isIts, { expected: now.seen, got: seen }),
    ...forged(isIts, seen),
    ...(isToldOf(what, unit, seen) ? [] : ["nobody is told"]),
  ].map((problem) => `${nameOf(unit)} ${what}: ${problem}`);
}

/** The same, then writes to everything, and looks again. */
async function sufferWrites(damaged: Damage): Promise<readonly string[]> {
  const problems = await suffer(damaged);
  const { unit, what } = damaged;
  const isIts = labelsOf(unit);
  const wrote = await act(stores, keys, now.known);
  const seen = await see(stores);
  return [
    ...problems,
    ...[
      ...suffered("write", isIts, { expected: did, got: wrote }),
      ...suffered("read after writing", isIts, { expected: oldOnes(after), got: seen }),
    ].map((problem) => `${nameOf(unit)} ${what}: ${problem}`),
  ];
}

/** What is lost, or older, or as it was cannot be told from what never was; anything else is. */
function isToldOf(what: string, { key, field }: Damage["unit"], seen: World): boolean {
  if (/^is (deleted|taken out|an older one)$/.test(what)) return true;
  const isIts = labelsOf({ key, field });
  const lost = [...now.seen].filter(([label, value]) => isIts(label) && seen.get(label) !== value);
  const name = key.slice(prefix.length);
  // Ids that wait have no signature, and damaged audit entries are `audit verify`'s to tell.
  if (lost.length === 0 || name === "intake:pending" || name === "audit:entries") return true;
  return stores.told.length > 0 || lost.some(([label]) => seen.get(label) === OVERWRITTEN);
}

function nameOf({ key, field }: Damage["unit"]): string {
  return `${key.slice(prefix.length)} ${field?.slice(0, 40) ?? ""}`;
}

/** New audit entries depend on what was written before them, and on what could not be written. */
function oldOnes(world: World): World {
  return new Map(
    [...world].filter(([label]) => !label.startsWith("audit ") || now.seen.has(label)),
  );
}

function suffered(
  doing: string,
  isIts: (label: string) => boolean,
  { expected, got }: { readonly expected: World; readonly got: World },
): readonly string[] {
  return [...expected]
    .filter(([label, value]) => !isIts(label) && got.get(label) !== value)
    .map(([label]) => `${doing}: ${label.slice(0, 60)} is ${got.get(label)?.slice(0, 60)}`);
}

/** What the damaged thing reads as: never as something that was not written there by one of us. */
function forged(isIts: (label: string) => boolean, seen: World): readonly string[] {
  return [...seen]
    .filter(([label, value]) => {
      const genuine = [now.seen.get(label), older.seen.get(label), OVERWRITTEN, "nothing"];
      if (label.startsWith("waiting ") || /^(end|order) /.test(label)) return false;
      return !genuine.includes(value) && (isIts(label) || !now.seen.has(label));
    })
    .map(([label, value]) => `read: ${label.slice(0, 60)} is forged: ${value.slice(0, 60)}`);
}

async function units(): Promise<readonly Unit[]> {
  const all: Unit[] = [];
  for (const key of now.dumped.keys()) all.push(...(await unitsOf(redis.client, key)));
  return all;
}

describe("one damaged thing in Redis costs that one thing:", () => {
  it("each text, whatever is done to it", async () => {
    await putBack(redis.client, prefix, now.dumped);
    const all = await units();
    const keyIds = [keys.decision.keyId, keys.bot.keyId, keys.worker.keyId];
    const problems: string[] = [];
    let damages = 0;
    for (const [index, unit] of all.entries()) {
      const others = [all[(index + 1) % all.length], all[(index + 7) % all.length]];
      const texts = damagedTexts(unit.text, {
        others: others.flatMap((other) => other?.text ?? []),
        keyIds,
      });
      for (const [number, [what, { text, isWhole }]] of [...texts].entries()) {
        // The log has many entries of one shape: each damage is done to some of them.
        if (unit.type === "list" && (number + index) % 5 !== 0) continue;
        damages += 1;
        problems.push(
          ...(await (isWhole ? sufferWrites : suffer)({
            unit,
            what,
            damage: () => overwrite(redis.client, unit, text),
          })),
        );
      }
      problems.push(
        ...(await sufferWrites({
          unit,
          what: "is taken out",
          damage: () => takeOut(redis.client, unit),
        })),
      );
    }
    expect(problems).toEqual([]);
    expect(damages).toBeGreaterThan(500);
  }, 300_000);

  it("each key: deleted, of another type, another key's, or an older one put back", async () => {
    const problems: string[] = [];
    const { client } = redis;
    const all = [...now.dumped.keys()];
    for (const [index, key] of all.entries()) {
      const unit = { key, field: undefined };
      const others = [1, 2, 3, 9].map((step) => all[(index + step) % all.length] ?? "");
      const before = older.dumped.get(key);
      const damages: readonly (readonly [string, () => Promise<unknown>])[] = [
        ["is deleted", () => client.del(key)],
        ["is a string", () => client.set(key, "x")],
        ["is a list", () => client.multi().del(key).rpush(key, "x").exec()],
        ["is a hash", () => client.multi().del(key).hset(key, "x", "x").exec()],
        ["is a set", () => client.multi().del(key).sadd(key, "x").exec()],
        ["is a stream", () => client.multi().del(key).xadd(key, "*", "x", "x").exec()],
        ...others.map(
          (other) => [`is ${other}`, () => client.copy(other, key, "REPLACE")] as const,
        ),
        ...(before === undefined
          ? []
          : [["is an older one", () => client.restore(key, 0, before, "REPLACE")] as const]),
      ];
      for (const [what, damage] of damages)
        problems.push(...(await sufferWrites({ unit, what, damage })));
    }
    expect(problems).toEqual([]);
    expect(await keysUnder(client, prefix)).not.toEqual([]);
  }, 300_000);

  it("all of them at once, as they were before: what was read is older, and nothing is forged", async () => {
    await putBack(redis.client, prefix, older.dumped);
    stores.told.length = 0;

    expect(await see(stores)).toEqual(older.seen);
    expect(stores.told).toEqual([]);
  });
});
