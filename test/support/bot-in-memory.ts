import { packBoard } from "#src/requests/packed-board.ts";
import { pino } from "pino";
import { loadConfig } from "#src/config/config.ts";
import { type Board, boardKey } from "#src/domain/request/board.ts";
import type { AnyRequest, ClusterDecision, Decision } from "#src/domain/request/request.ts";
import type { Signed } from "#src/domain/request/signed/signature.ts";
import { surveyKey } from "#src/domain/survey/survey.ts";
import { FatalError, RetryableError } from "#src/ports/errors.ts";
import type { Intake, IntakeItem } from "#src/ports/chat/intake.ts";
import type { Job } from "#src/ports/store/job-queue.ts";
import type {
  AuditDraft,
  RequestFilter,
  RequestStore,
  StoredAuditEntry,
} from "#src/ports/store/request-store.ts";
import type { Surface, SurfaceStore } from "#src/ports/chat/surfaces.ts";
import type { BotPorts } from "#src/slack/bot-ports.ts";
import { createIds } from "#src/wiring/ids.ts";
import { aKeyring, INSTANCE, type Keyring, NINE } from "./signed-request.ts";

/** What a bot keeps, in memory: what became of each can be looked at. */
export interface Memory {
  readonly keys: Keyring;
  readonly records: Map<string, AnyRequest | "garbage">;
  readonly sources: Map<string, string>;
  readonly ends: unknown[];
  readonly orders: Signed<ClusterDecision>[];
  /** Decisions people were told are recorded. */
  readonly recorded: Decision[];
  readonly audit: { readonly subject: string; readonly draft: AuditDraft }[];
  readonly items: Map<string, IntakeItem>;
  readonly jobs: Job[];
  readonly told: Map<string, string>;
  readonly surfaces: Map<string, Surface[]>;
  readonly boards: Map<string, Board>;
  /** By cluster: what stands where its survey belongs. */
  readonly surveys: Map<string, unknown>;
  readonly direct: string[];
  /** Our time, and how far it is from Slack's. */
  readonly clock: { now: number; offset: number };
  /** Redis answers. */
  readonly redis: { answers: boolean };
  /** Runs whenever the bot waits for somebody else. */
  readonly meanwhile: { happens: (() => void) | undefined };
  /** Runs before the next write of a request: somebody who is faster. */
  readonly faster: { write: (() => void) | undefined };
}

export function aMemory(): Memory {
  return {
    keys: aKeyring(),
    records: new Map(),
    sources: new Map(),
    ends: [],
    orders: [],
    recorded: [],
    audit: [],
    items: new Map(),
    jobs: [],
    told: new Map(),
    surfaces: new Map(),
    boards: new Map(),
    surveys: new Map(),
    direct: [],
    clock: { now: NINE, offset: 0 },
    redis: { answers: true },
    meanwhile: { happens: undefined },
    faster: { write: undefined },
  };
}

const EXAMPLE = loadConfig("deploy/sallyport.yaml");

/** Everything but Slack; the configuration is the example's. */
export function portsOver(memory: Memory): Omit<BotPorts, "chat" | "identity"> {
  const { keys, clock } = memory;
  return {
    config: { ...EXAMPLE, instance: INSTANCE },
    store: storeOver(memory),
    intake: intakeOver(memory),
    surfaces: surfacesOver(memory),
    heartbeats: {
      beat: async () => answered(memory, () => undefined),
      newest: async () => undefined,
    },
    boards: { read: async (key) => answered(memory, () => boardOf(memory, key)) },
    queue: {
      add: async (job) => answered(memory, () => void memory.jobs.push(job)),
      ensure: async (job) => answered(memory, () => void memory.jobs.push(job)),
    },
    clock: { now: () => clock.now },
    timers: { sleep: async () => memory.meanwhile.happens?.() },
    clockCheck: { offsetMs: () => clock.offset },
    ids: createIds(),
    announcer: {
      tell: async (key, text) => void memory.told.set(key, text),
      over: async (key) => void memory.told.delete(key),
    },
    recorded: { add: (decision) => void memory.recorded.push(decision) },
    windows: {
      open: async () => ({ id: "V1", hash: "1" }),
      update: async () => undefined,
      publish: async () => undefined,
    },
    directAnswers: {
      keep: () => undefined,
      async answer(id, text) {
        memory.direct.push(`${id}: ${text}`);
        return true;
      },
    },
    decisionSigner: keys.decision,
    trust: keys.trust,
    log: pino({ level: "silent" }),
  };
}

function answered<Value>({ redis }: Memory, value: () => Value): Value {
  if (!redis.answers) throw new RetryableError("asking redis");
  return value();
}

function boardOf({ boards, surveys }: Memory, key: string): unknown {
  const surveyed = [...surveys].find(([cluster]) => surveyKey(cluster) === key);
  if (surveyed !== undefined) return surveyed[1];
  const board = [...boards.values()].find(({ cluster }) => boardKey(cluster) === key);
  return board && packBoard(board);
}

function storeOver(memory: Memory): RequestStore {
  const { records, sources, audit } = memory;
  function read(id: string): AnyRequest | undefined {
    const record = answered(memory, () => records.get(id));
    if (record === "garbage") throw new FatalError("StoreOverwritten", `reading request ${id}`);
    return record;
  }
  return {
    get: async (id) => read(id),
    async create(record, sourceId, draft) {
      const made = sources.get(sourceId);
      const existing = made === undefined ? undefined : read(made);
      if (existing !== undefined) return { record: existing, existed: true };
      const written = { ...record, version: 1 };
      answered(memory, () => records.set(record.id, written));
      sources.set(sourceId, record.id);
      audit.push({ subject: record.id, draft });
      return { record: written, existed: false };
    },
    async bySource(sourceId) {
      const id = answered(memory, () => sources.get(sourceId));
      return id === undefined ? undefined : read(id);
    },
    async update(before, { patch, audit: draft, end }) {
      memory.faster.write?.();
      memory.faster.write = undefined;
      if (read(before.id)?.version !== before.version) return { result: "conflict" };
      // A patch is of the kind it was made from.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const record = { ...before, ...patch, version: before.version + 1 } as AnyRequest;
      records.set(before.id, record);
      audit.push({ subject: before.id, draft });
      if (end !== undefined) memory.ends.push(end);
      return { result: "written", record };
    },
    async restore(record) {
      const written = { ...record, version: 1 };
      records.set(record.id, written);
      return written;
    },
    list: async (where) =>
      answered(memory, () => [...records.values()].filter((each) => matches(each, where))),
    ends: async () => answered(memory, () => ({ ends: new Map(), whole: true })),
    endCopied: async () => undefined,
    orders: async () => memory.orders,
    async addOrder(decision, draft) {
      answered(memory, () => memory.orders.push(decision));
      audit.push({ subject: `cluster:${decision.payload.cluster}`, draft });
    },
    orderCopied: async () => undefined,
    async audit(subject, draft) {
      answered(memory, () => audit.push({ subject, draft }));
    },
    auditHead: async () => ({ number: audit.length, digest: "" }),
    auditTrail: async (from, limit) =>
      audit
        .slice(from - 1, from - 1 + limit)
        .map((each, index) => entryOf(memory, each, from + index)),
  };
}

function matches(
  record: AnyRequest | "garbage",
  { ids, cluster, team, states }: RequestFilter,
): record is AnyRequest {
  return (
    record !== "garbage" &&
    (ids === undefined || ids.includes(record.id)) &&
    (cluster === undefined || record.asked.cluster === cluster) &&
    (team === undefined || (record.kind === "grant" && record.asked.team === team)) &&
    (states === undefined || states.includes(record.state))
  );
}

function entryOf(
  { keys, clock }: Memory,
  { subject, draft }: Memory["audit"][number],
  number: number,
): StoredAuditEntry {
  const entry = {
    subject,
    sequence: number,
    previous: "",
    at: clock.now,
    actor: draft.actor,
    event: draft.event,
    details: draft.details ?? {},
  };
  const { envelope } = keys.bot.sign("record", { name: "audit", value: entry });
  return { number, entry, envelope };
}

function intakeOver(memory: Memory): Intake {
  const { items } = memory;
  return {
    async record(item) {
      const isNew = answered(memory, () => !items.has(item.id));
      if (isNew) items.set(item.id, item);
      return isNew;
    },
    get: async (id) => items.get(id),
    done: async () => undefined,
    pending: async () => [...items.keys()],
  };
}

function surfacesOver(memory: Memory): SurfaceStore {
  const { surfaces } = memory;
  return {
    surfaces: async (id) => answered(memory, () => surfaces.get(id) ?? []),
    async put(id, surface) {
      const others = (surfaces.get(id) ?? []).filter(({ key }) => key !== surface.key);
      answered(memory, () => surfaces.set(id, [...others, surface]));
    },
  };
}
