import { FatalError } from "#src/ports/errors.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";

/**
 * The one way anything about requests is written. One atomic step: compare, write, index, spend, and append the
 * audit entry under the next global number. Answers with what it did, or why it wrote nothing.
 * The entry's text goes in as it was signed: encoding it again here could change it.
 */
const SCRIPT = `
local record, source, requests, spent, heads, number, entries, freezes = unpack(KEYS)
local write, body, entry = cjson.decode(ARGV[1]), ARGV[2], ARGV[3]
local old

-- A key of a wrong type must stop the script before its first write: there is no roll-back.
redis.call('SCARD', requests)
redis.call('SCARD', spent)
redis.call('HLEN', heads)
redis.call('INCRBY', number, 0)
redis.call('LLEN', entries)
redis.call('HLEN', freezes)
for name, value in pairs(write.index) do redis.call('SCARD', requests .. ':' .. name .. ':' .. value) end

if write.kind == 'create' then
  local existing = redis.call('GET', source)
  if existing then return {'existed', existing} end
  if redis.call('EXISTS', record) == 1 then return {'taken'} end
elseif write.kind == 'update' then
  local text = redis.call('GET', record)
  if not text then return {'conflict'} end
  local readable, stored = pcall(cjson.decode, text)
  if not readable or type(stored) ~= 'table' then return {'unreadable'} end
  if stored.version ~= write.version then return {'conflict'} end
  for _, id in ipairs(write.spend) do
    if redis.call('SISMEMBER', spent, id) == 1 then return {'spent'} end
  end
  old = stored
end

local head = redis.call('HGET', heads, write.subject) or ''
if head ~= write.head then return {'head', head} end

if old then
  local asked = type(old.asked) == 'table' and old.asked or {}
  local names = { cluster = asked.cluster, team = asked.team, state = old.state }
  for name, value in pairs(names) do
    if type(value) == 'string' then
      redis.call('SREM', requests .. ':' .. name .. ':' .. value, write.subject)
    end
  end
end
if write.kind == 'create' then redis.call('SET', source, write.subject) end
if write.kind == 'create' or write.kind == 'update' then
  redis.call('SET', record, body)
  redis.call('SADD', requests, write.subject)
  for name, value in pairs(write.index) do
    redis.call('SADD', requests .. ':' .. name .. ':' .. value, write.subject)
  end
  for _, id in ipairs(write.spend) do redis.call('SADD', spent, id) end
elseif write.kind == 'freeze' then
  redis.call('HSET', freezes, write.field, body)
elseif write.kind == 'unfreeze' then
  redis.call('HDEL', freezes, write.field)
end

local next = redis.call('INCR', number)
redis.call('RPUSH', entries, '{"number":' .. string.format('%d', next) .. ',"entry":' .. entry .. '}')
redis.call('HSET', heads, write.subject, write.nextHead)
return {'written'}
`;

export type Write =
  | {
      readonly kind: "create";
      readonly sourceId: string;
      readonly index: RequestIndex;
      readonly body: string;
    }
  | {
      readonly kind: "update";
      readonly version: number;
      readonly spend: readonly string[];
      readonly index: RequestIndex;
      readonly body: string;
    }
  | { readonly kind: "freeze"; readonly field: string; readonly body: string }
  | { readonly kind: "unfreeze"; readonly field: string }
  | { readonly kind: "audit" };

export interface RequestIndex {
  readonly cluster: string;
  readonly team: string;
  readonly state: string;
}

/** The entry to append, and the subject's chain before and after it. */
export interface Append {
  readonly subject: string;
  readonly head: string;
  readonly nextHead: string;
  readonly entry: string;
}

export type ScriptAnswer =
  | { readonly answer: "written" | "conflict" | "spent" | "taken" | "unreadable" }
  | { readonly answer: "existed"; readonly id: string }
  /** Another entry was appended to the subject's chain first: this is its head now. */
  | { readonly answer: "head"; readonly head: string };

const NOTHING = { body: "", sourceId: "", spend: [], index: {} };

/** @throws RetryableError where Redis does not answer: then it may or may not have happened. */
export async function runWriteScript(
  { client, keys }: RedisConnection,
  write: Write,
  append: Append,
): Promise<ScriptAnswer> {
  const { body, sourceId, ...rest } = { ...NOTHING, ...write };
  const { subject, head, nextHead, entry } = append;
  const names = [
    keys.request(subject),
    keys.source(sourceId),
    keys.requests,
    keys.spent,
    keys.auditHeads,
    keys.auditNumber,
    keys.auditEntries,
    keys.freezes,
  ];
  const instruction = JSON.stringify({ ...rest, subject, head, nextHead });
  const answer = await asking(`writing ${subject}`, () =>
    client.eval(SCRIPT, names.length, ...names, instruction, body, entry),
  );
  return toAnswer(answer);
}

const ANSWERS = ["written", "conflict", "spent", "taken", "unreadable"] as const;

function toAnswer(answer: unknown): ScriptAnswer {
  const [word, text = ""] = Array.isArray(answer) ? answer.map(String) : [];
  if (word === "existed") return { answer: word, id: text };
  if (word === "head") return { answer: word, head: text };
  const plain = ANSWERS.find((known) => known === word);
  if (plain === undefined) throw new FatalError("BadAnswer", `writing: redis answered ${word}`);
  return { answer: plain };
}
