import { envelopeDigest } from "#src/domain/request/signed/envelope.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { AuditDraft, AuditEntry } from "#src/ports/store/request-store.ts";
import type { RedisConnection } from "../connection.ts";
import { sealRecord } from "../records.ts";
import {
  runWriteScript,
  type Append,
  type ScriptAnswer,
  type Write,
} from "../requests/write-script.ts";

/** So many writers may be faster than us, one after the other, before we tell our caller. */
const ATTEMPTS = 50;

export interface AuditChain {
  /** Writes, and appends the draft as the next entry of its subject. */
  append(subject: string, draft: AuditDraft, write: Write): Promise<ScriptAnswer>;
}

export interface AuditChainParts {
  readonly redis: RedisConnection;
  readonly signer: Signer;
  readonly clock: Clock;
  /** Told of every index that had to be begun again. */
  readonly onUnreadable: (name: string, error: unknown) => void;
}

/**
 * Builds and signs entries here (Redis' Lua knows no SHA-256) and lets the script compare the chain's head: where it is
 * another one, the entry is built again on top of it.
 */
export function createAuditChain({
  redis,
  signer,
  clock,
  onUnreadable,
}: AuditChainParts): AuditChain {
  return {
    async append(subject, draft, write) {
      let head = "";
      for (let attempt = 1; ; attempt += 1) {
        const entry = buildEntry(head, { subject, draft, at: clock.now() });
        const answer = await runWriteScript(redis, write, signEntry(signer, head, entry));
        if (answer.answer === "written")
          for (const name of answer.repaired)
            onUnreadable(name, new Error("it was of another type or no number: begun again"));
        if (answer.answer !== "head" || attempt === ATTEMPTS) return answer;
        head = answer.head;
      }
    },
  };
}

interface EntryParts {
  readonly subject: string;
  readonly draft: AuditDraft;
  readonly at: number;
}

/** A head is `sequence:digest` of the last entry, "" before the first. */
function buildEntry(head: string, { subject, draft, at }: EntryParts): AuditEntry {
  const [sequence = "", previous = ""] = head.split(":");
  return {
    subject,
    sequence: (Number.parseInt(sequence, 10) || 0) + 1,
    previous,
    at,
    actor: draft.actor,
    event: draft.event,
    details: draft.details ?? {},
  };
}

function signEntry(signer: Signer, head: string, entry: AuditEntry): Append {
  const { subject, sequence } = entry;
  const envelope = sealRecord(signer, `audit:${subject}:${sequence}`, entry);
  return {
    subject,
    head,
    nextHead: `${sequence}:${envelopeDigest(envelope)}`,
    entry: JSON.stringify(envelope),
  };
}
