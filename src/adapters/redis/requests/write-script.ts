import { randomUUID } from "node:crypto";
import { FatalError } from "#src/ports/errors.ts";
import type { RedisConnection } from "../connection.ts";
import { asking } from "../connection.ts";

/**
 * The one way anything about requests is written. One atomic step: compare, write, index, and append the audit entry
 * under the next global number. Answers with what it did, or why it wrote nothing. It trusts nothing it finds: others may
 * have written there. A key of a wrong type stops only what needs its content; an index is deleted and begun again, the
 * audit log is set aside, and the answer names what was repaired. Texts go in as they were signed.
 */
const SCRIPT = `
local record, source, requests, heads, number, entries, aside, extra = unpack(KEYS)
local write, body, entry, extraBody = cjson.decode(ARGV[1]), ARGV[2], ARGV[3], ARGV[4]
local repaired = {}

local function is(key, wanted)
  local found = redis.call('TYPE', key).ok
  return found == 'none' or found == wanted
end

local function storedVersion()
  if redis.call('EXISTS', record) == 0 then return 0 end
  if not is(record, 'string') then return nil end
  local digits = string.match(redis.call('GETRANGE', record, 0, 40), '^{"version":(%d+),')
  return digits and #digits <= 15 and tonumber(digits) or nil
end

local function storedHead()
  if not is(heads, 'hash') or redis.call('HSTRLEN', heads, write.subject) > 100 then return '' end
  local head = redis.call('HGET', heads, write.subject) or ''
  local sequence = string.match(head, '^(%d+):%x+$')
  return sequence and #sequence <= 15 and head or ''
end

local function remake(key, wanted, name)
  if is(key, wanted) then return end
  redis.call('DEL', key)
  table.insert(repaired, name)
end

if write.kind == 'create' then
  if not is(source, 'string') or redis.call('STRLEN', source) > 4096 then return {'unreadable'} end
  local existing = redis.call('GET', source)
  if existing then return {'existed', existing} end
  if redis.call('EXISTS', record) == 1 then return {'taken'} end
elseif write.kind == 'update' then
  local version = storedVersion()
  if not version then return {'unreadable'} end
  if version ~= write.version then return {'conflict'} end
elseif write.kind == 'restore' then
  if (storedVersion() or 0) ~= write.version then return {'conflict'} end
end

local head = storedHead()
if head ~= write.head then return {'head', head} end

if write.kind == 'create' then redis.call('SET', source, extraBody) end
if write.kind == 'create' or write.kind == 'update' or write.kind == 'restore' then
  remake(requests, 'set', 'requests')
  redis.call('SET', record, body)
  redis.call('SADD', requests, write.subject)
end
if write.field then
  remake(extra, 'hash', write.field.of)
  redis.call('HSET', extra, write.field.name, extraBody)
end

if not is(entries, 'list') then
  redis.call('RENAME', entries, aside)
  table.insert(repaired, 'audit:entries')
end
remake(number, 'string', 'audit:number')
local given = redis.call('GETRANGE', number, 0, 15)
local last = given == '' and 0 or tonumber(string.match(given, '^%d+$'))
if not last or last > 4503599627370496 then
  table.insert(repaired, 'audit:number')
  last = 0
end
if write.after and write.after > last and write.after <= 4503599627370496 then last = write.after end
local next = string.format('%d', math.max(last, redis.call('LLEN', entries)) + 1)
redis.call('SET', number, next)
redis.call('RPUSH', entries, '{"number":' .. next .. ',"entry":' .. entry .. '}')
remake(heads, 'hash', 'audit:heads')
redis.call('HSET', heads, write.subject, write.nextHead)
return {'written', unpack(repaired)}
`;

/** Texts are envelopes as JSON; `body` is what is stored under the request's key. */
export type Write =
  | {
      readonly kind: "create";
      readonly sourceId: string;
      readonly source: string;
      readonly body: string;
    }
  | {
      readonly kind: "update";
      readonly version: number;
      readonly body: string;
      readonly end?: { readonly name: string; readonly envelope: string };
    }
  /** `version`: what was found there, 0 where nothing that can be read. */
  | { readonly kind: "restore"; readonly version: number; readonly body: string }
  | {
      readonly kind: "order";
      readonly cluster: string;
      readonly id: string;
      readonly envelope: string;
    }
  /** `after`: its number is greater than this. */
  | { readonly kind: "audit"; readonly after: number };

/** The entry to append, and the subject's chain before and after it. */
export interface Append {
  readonly subject: string;
  readonly head: string;
  readonly nextHead: string;
  readonly entry: string;
}

export type ScriptAnswer =
  /** `repaired`: indexes that held something of another type. */
  | { readonly answer: "written"; readonly repaired: readonly string[] }
  | { readonly answer: "conflict" | "taken" | "unreadable" }
  /** `source`: what is stored for this Slack event. */
  | { readonly answer: "existed"; readonly source: string }
  /** Another entry was appended to the subject's chain first: this is its head now. */
  | { readonly answer: "head"; readonly head: string };

/** @throws RetryableError where Redis does not answer: then it may or may not have happened. */
export async function runWriteScript(
  { client, keys }: RedisConnection,
  write: Write,
  { subject, head, nextHead, entry }: Append,
): Promise<ScriptAnswer> {
  const extra = extraOf(write);
  const names = [
    keys.request(subject),
    keys.source(write.kind === "create" ? write.sourceId : ""),
    keys.requests,
    keys.auditHeads,
    keys.auditNumber,
    keys.auditEntries,
    keys.auditAside(randomUUID()),
    write.kind === "order" ? keys.orders(write.cluster) : keys.ends,
  ];
  const instruction = {
    kind: write.kind,
    subject,
    head,
    nextHead,
    ...("version" in write ? { version: write.version } : {}),
    ...("after" in write ? { after: write.after } : {}),
    ...(extra.field === undefined ? {} : { field: extra.field }),
  };
  const body = "body" in write ? write.body : "";
  const answer = await asking(`writing ${subject}`, () =>
    client.eval(
      SCRIPT,
      names.length,
      ...names,
      JSON.stringify(instruction),
      body,
      entry,
      extra.text,
    ),
  );
  return toAnswer(answer);
}

interface Extra {
  readonly text: string;
  readonly field?: { readonly of: string; readonly name: string };
}

function extraOf(write: Write): Extra {
  if (write.kind === "create") return { text: write.source };
  if (write.kind === "order")
    return { text: write.envelope, field: { of: `orders:${write.cluster}`, name: write.id } };
  if (write.kind === "update" && write.end !== undefined)
    return { text: write.end.envelope, field: { of: "ends", name: write.end.name } };
  return { text: "" };
}

const PLAIN = ["conflict", "taken", "unreadable"] as const;

function toAnswer(answer: unknown): ScriptAnswer {
  const [word = "", ...rest] = Array.isArray(answer) ? answer.map(String) : [];
  if (word === "written") return { answer: word, repaired: rest };
  if (word === "existed") return { answer: word, source: rest[0] ?? "" };
  if (word === "head") return { answer: word, head: rest[0] ?? "" };
  const plain = PLAIN.find((known) => known === word);
  if (plain === undefined) throw new FatalError("BadAnswer", `writing: redis answered ${word}`);
  return { answer: plain };
}
