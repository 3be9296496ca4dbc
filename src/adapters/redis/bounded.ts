import { FatalError } from "#src/ports/errors.ts";
import { asking, type RedisConnection } from "./connection.ts";
import { MAX_TEXT } from "./records.ts";

/*
 * Reads of what holds many things. Somebody else may have written there, and one element can be 512 MB
 * (https://redis.io/docs/latest/develop/data-types/strings/): Redis itself leaves out what is longer than anything of ours,
 * so that it never reaches a process that has to close.
 */

/** What was read, and how many elements were too long to be ours. */
export interface Bounded<Element> {
  readonly elements: readonly Element[];
  readonly tooLong: number;
}

/** What stands for a key that cannot be read. */
export const NOTHING_READ = { elements: [], tooLong: 0 } as const;

export interface Field {
  readonly field: string;
  readonly text: string;
}

/** Longest name of anything of ours, in bytes. */
const MAX_NAME = 512;

const FIELDS = `
local count, out, long = redis.call('HLEN', KEYS[1]), {}, 0
if count > tonumber(ARGV[1]) then return {'overfull', count} end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if #field <= tonumber(ARGV[2]) and redis.call('HSTRLEN', KEYS[1], field) <= tonumber(ARGV[3]) then
    table.insert(out, field)
    table.insert(out, ARGV[4] == 'names' and '' or redis.call('HGET', KEYS[1], field))
  else
    long = long + 1
  end
end
return {'read', long, out}
`;

const MEMBERS = `
local count, out, long = redis.call('SCARD', KEYS[1]), {}, 0
if count > tonumber(ARGV[1]) then return {'overfull', count} end
for _, member in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if #member <= tonumber(ARGV[2]) then table.insert(out, member) else long = long + 1 end
end
return {'read', long, out}
`;

const OLDEST = `
local out, long = {}, 0
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, tonumber(ARGV[1]) - 1)) do
  if #member <= tonumber(ARGV[2]) then table.insert(out, member) else long = long + 1 end
end
return {'read', long, out}
`;

const ELEMENTS = `
local out, long = {}, 0
for _, text in ipairs(redis.call('LRANGE', KEYS[1], ARGV[1], ARGV[2])) do
  if #text > tonumber(ARGV[3]) then
    text = ''
    long = long + 1
  end
  table.insert(out, text)
end
return {'read', long, out}
`;

interface Read {
  readonly redis: RedisConnection;
  readonly key: string;
  /** The action, lower case. */
  readonly doing: string;
}

interface Limited extends Read {
  /** So many elements at most. */
  readonly most: number;
}

/**
 * A hash's fields, in no order.
 * @throws FatalError `StoreOverfull` where there are more than `most`, `StoreOverwritten` where it is no hash; RetryableError
 */
export async function fieldsOf({ most, ...read }: Limited): Promise<Bounded<Field>> {
  return inPairs(await run(FIELDS, read, [most, MAX_NAME, MAX_TEXT, "texts"]));
}

/** The names of a hash's fields, in no order. @throws as `fieldsOf` */
export async function fieldNamesOf({ most, ...read }: Limited): Promise<Bounded<string>> {
  const { elements, tooLong } = inPairs(
    await run(FIELDS, read, [most, MAX_NAME, MAX_TEXT, "names"]),
  );
  return { elements: elements.map(({ field }) => field), tooLong };
}

/** A set's members, in no order. @throws as `fieldsOf` */
export function membersOf({ most, ...read }: Limited): Promise<Bounded<string>> {
  return run(MEMBERS, read, [most, MAX_NAME]);
}

/** The first `most` members of a sorted set. @throws FatalError `StoreOverwritten` where it is none; RetryableError */
export function firstOf({ most, ...read }: Limited): Promise<Bounded<string>> {
  return run(OLDEST, read, [most, MAX_NAME]);
}

/**
 * Elements of a list from place `first` (0 = oldest) to `last`, both included; "" stands for one that is too long.
 * @throws as `firstOf`
 */
export function elementsOf(read: Read, first: number, last: number): Promise<Bounded<string>> {
  return run(ELEMENTS, read, [first, last, MAX_TEXT]);
}

async function run(
  script: string,
  { redis, key, doing }: Read,
  values: readonly (string | number)[],
): Promise<Bounded<string>> {
  const answer = await asking(doing, () => redis.client.eval(script, 1, key, ...values));
  const [word, count, elements] = Array.isArray(answer) ? (answer as readonly unknown[]) : [];
  if (word === "overfull")
    throw new FatalError("StoreOverfull", `${doing}: there are ${Number(count)} entries`);
  return { elements: Array.isArray(elements) ? elements.map(String) : [], tooLong: Number(count) };
}

function inPairs({ elements, tooLong }: Bounded<string>): Bounded<Field> {
  const fields: Field[] = [];
  for (let index = 0; index + 1 < elements.length; index += 2)
    fields.push({ field: elements[index] ?? "", text: elements[index + 1] ?? "" });
  return { elements: fields, tooLong };
}
