import { FatalError } from "#src/ports/errors.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";

/**
 * The one way anything about requests is written. One atomic step: compare, write, index, and append the audit entry
 * under the next global number. Answers with what it did, or why it wrote nothing. What is signed goes in as it was
 * signed. A key of another type than ours is moved aside and named in the answer: it costs what it held and stops
 * nothing; only the record that is to be replaced is never guessed at.
 */
const SCRIPT = `
local record, source, requests, heads, number, entries, ends, orders = unpack(KEYS)
local write, body, extra, entry = cjson.decode(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local answer = {'written'}

local function keep(key, type)
  local found = redis.call('TYPE', key).ok
  if found ~= type and found ~= 'none' then
    redis.call('RENAME', key, key .. ':set-aside')
    table.insert(answer, key)
  end
end
keep(source, 'string')
keep(requests, 'set')
keep(heads, 'hash')
keep(number, 'string')
keep(entries, 'list')
keep(ends, 'hash')
keep(orders, 'list')

local function index(name, value) return requests .. ':' .. name .. ':' .. value end
for name, value in pairs(write.index) do keep(index(name, value), 'set') end

local old
if write.kind == 'create' then
  local existing = redis.call('GET', source)
  if existing then return {'existed', existing} end
  if redis.call('EXISTS', record) == 1 then return {'taken'} end
elseif write.kind == 'restore' then
  keep(record, 'string')
elseif write.kind == 'update' then
  if redis.call('TYPE', record).ok ~= 'string' then
    return {redis.call('EXISTS', record) == 1 and 'unreadable' or 'conflict'}
  end
  local readable, stored = pcall(cjson.decode, redis.call('GET', record))
  if not readable or type(stored) ~= 'table' then return {'unreadable'} end
  if stored.version ~= write.version then return {'conflict'} end
  old = stored
end

local head = redis.call('HGET', heads, write.subject) or ''
if head ~= write.head then return {'head', head} end

if old and type(old.index) == 'table' then
  for name, value in pairs(old.index) do
    if type(name) == 'string' and type(value) == 'string' then
      local key = index(name, value)
      if redis.call('TYPE', key).ok == 'set' then redis.call('SREM', key, write.subject) end
    end
  end
end
if write.kind == 'create' then redis.call('SET', source, write.subject) end
if write.kind == 'create' or write.kind == 'update' or write.kind == 'restore' then
  redis.call('SET', record, body)
  redis.call('SADD', requests, write.subject)
  for name, value in pairs(write.index) do redis.call('SADD', index(name, value), write.subject) end
  if extra ~= '' then redis.call('HSET', ends, write.endField, extra) end
elseif write.kind == 'order' then
  redis.call('RPUSH', orders, body)
end

if not tonumber(redis.call('GET', number) or '0') then redis.call('DEL', number) end
if redis.call('EXISTS', number) == 0 then redis.call('SET', number, redis.call('LLEN', entries)) end
local readable, next = pcall(redis.call, 'INCR', number)
if not readable or type(next) ~= 'number' then
  redis.call('SET', number, redis.call('LLEN', entries) + 1)
  next = redis.call('LLEN', entries) + 1
end
redis.call('RPUSH', entries, '{"number":' .. string.format('%d', next) .. ',"entry":' .. entry .. '}')
redis.call('HSET', heads, write.subject, write.nextHead)
return answer
`;

export interface RequestIndex {
  readonly cluster: string;
  readonly team: string;
  readonly state: string;
}

interface RecordWrite {
  readonly index: RequestIndex;
  readonly body: string;
  /** A signed revoke or end for the small index. */
  readonly end?: { readonly field: string; readonly text: string };
}

export type Write =
  | ({ readonly kind: "create"; readonly sourceId: string } & RecordWrite)
  | ({ readonly kind: "update"; readonly version: number } & RecordWrite)
  | ({ readonly kind: "restore" } & RecordWrite)
  | { readonly kind: "order"; readonly cluster: string; readonly body: string }
  | { readonly kind: "audit" };

/** The entry to append, and the subject's chain before and after it. */
export interface Append {
  readonly subject: string;
  readonly head: string;
  readonly nextHead: string;
  readonly entry: string;
}

export type ScriptAnswer =
  | { readonly answer: "conflict" | "taken" | "unreadable" }
  /** Keys that were of another type, and are set aside now. */
  | { readonly answer: "written"; readonly setAside: readonly string[] }
  | { readonly answer: "existed"; readonly id: string }
  /** Another entry was appended to the subject's chain first: this is its head now. */
  | { readonly answer: "head"; readonly head: string };

/** @throws RetryableError where Redis does not answer: then it may or may not have happened. */
export async function runWriteScript(
  { client, keys }: RedisConnection,
  write: Write,
  append: Append,
): Promise<ScriptAnswer> {
  const { subject, head, nextHead, entry } = append;
  const end = "end" in write ? write.end : undefined;
  const names = [
    keys.request(subject),
    keys.source(write.kind === "create" ? write.sourceId : ""),
    keys.requests,
    keys.auditHeads,
    keys.auditNumber,
    keys.auditEntries,
    keys.ends,
    keys.orders(write.kind === "order" ? write.cluster : ""),
  ];
  const instruction = JSON.stringify({
    kind: write.kind,
    version: write.kind === "update" ? write.version : 0,
    index: "index" in write ? write.index : {},
    endField: end?.field ?? "",
    subject,
    head,
    nextHead,
  });
  const body = "body" in write ? write.body : "";
  const answer = await asking(`writing ${subject}`, () =>
    client.eval(SCRIPT, names.length, ...names, instruction, body, end?.text ?? "", entry),
  );
  return toAnswer(answer);
}

const ANSWERS = ["conflict", "taken", "unreadable"] as const;

function toAnswer(answer: unknown): ScriptAnswer {
  const [word, ...rest] = Array.isArray(answer) ? answer.map(String) : [];
  if (word === "written") return { answer: word, setAside: rest };
  if (word === "existed") return { answer: word, id: rest[0] ?? "" };
  if (word === "head") return { answer: word, head: rest[0] ?? "" };
  const plain = ANSWERS.find((known) => known === word);
  if (plain === undefined) throw new FatalError("BadAnswer", `writing: redis answered ${word}`);
  return { answer: plain };
}
