import { pino } from "pino";
import type { RequestRecord } from "#src/domain/request/request.ts";
import type { ChatMessage } from "#src/ports/chat/chat.ts";
import { FatalError } from "#src/ports/errors.ts";
import { memoryStore } from "#src/wiring/memory-store.ts";
import type { NotifyPorts } from "#jobs/notify.ts";
import { aMemory, type Memory, portsOver } from "#test/support/bot-in-memory.ts";
import { aShownPlan } from "#test/support/shown-plan.ts";
import { aPlanStatement, aRequest, DAY } from "#test/support/signed-request.ts";

/** Messages as they stand in Slack, by `channel/ts`. */
export interface Slack {
  readonly messages: Map<string, { readonly message: ChatMessage; readonly threadTs?: string }>;
  readonly writes: string[];
  /** Channels that take no message, and what Slack answers there. */
  readonly closed: Map<string, string>;
}

export const ID = "EG-7QK4M";
export function aWorld(): {
  readonly memory: Memory;
  readonly slack: Slack;
  readonly ports: NotifyPorts;
} {
  const memory = aMemory();
  const slack: Slack = { messages: new Map(), writes: [], closed: new Map() };
  const { store, surfaces, clock, announcer } = portsOver(memory);
  const ports = {
    store,
    surfaces,
    clock,
    announcer,
    lanes: memoryStore(),
    signer: memory.keys.worker,
    chat: chatOver(slack),
    approvalsChannel: "C0SECURITY",
    directory: { teams: [] },
    timing: { unprovenForMs: DAY, verdictSettleMs: 300_000 },
    log: pino({ level: "silent" }),
  };
  memory.records.set(ID, waiting(memory));
  return { memory, slack, ports };
}

function chatOver({ messages, writes, closed }: Slack): NotifyPorts["chat"] {
  return {
    async post(channel, threadTs, message) {
      refuseIn(closed, channel);
      const ts = `1.${messages.size + 1}`;
      messages.set(`${channel}/${ts}`, {
        message,
        ...(threadTs === undefined ? {} : { threadTs }),
      });
      writes.push(`post ${channel}/${ts}`);
      return ts;
    },
    async update(channel, ts, message) {
      refuseIn(closed, channel);
      const before = messages.get(`${channel}/${ts}`);
      if (before === undefined) return "gone";
      messages.set(`${channel}/${ts}`, { ...before, message });
      writes.push(`update ${channel}/${ts}`);
      return "updated";
    },
    whisper: async () => undefined,
    permalink: async () => undefined,
  };
}

function refuseIn(closed: Slack["closed"], channel: string): void {
  const code = closed.get(channel);
  if (code !== undefined) throw new FatalError(code, `writing to ${channel}`);
}

/** A request whose plan is made, and whose card nobody was shown yet. */
export function waiting({ keys }: Memory, grantDigest = "3f9a0c1d".padEnd(64, "0")): RequestRecord {
  const request = aRequest(keys, { state: "pending" });
  return {
    ...request,
    plan: aShownPlan(request, { grantDigest }),
    planned: aPlanStatement(keys, request, { grantDigest }),
  };
}

export function recordIn({ records }: Memory): RequestRecord {
  const record = records.get(ID);
  if (record === undefined || record === "garbage" || record.kind !== "grant")
    throw new Error("no such request");
  return record;
}

/** The record is another one from now on, as if somebody else had written it. */
export function rewrite(memory: Memory, change: Partial<RequestRecord>): void {
  const before = recordIn(memory);
  memory.records.set(ID, { ...before, ...change, version: before.version + 1 });
}
