import { digest } from "#src/domain/canonical.ts";
import type { RecordMark } from "#src/domain/request/record-mark.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { AuditDraft, AuditEntry } from "#src/ports/request-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { runWriteScript, type Append, type ScriptAnswer, type Write } from "./write-script.ts";

/** Statement kind of an audit entry's signature. */
export const AUDIT_STATEMENT = "audit";

/** So many writers may be faster than us, one after the other, before we tell our caller. */
const ATTEMPTS = 50;

export interface AuditChain {
  /** Writes, and appends the draft as the next entry of its subject. `mark`: of the request that is written. */
  append(subject: string, draft: AuditDraft, write: Write & Marked): Promise<ScriptAnswer>;
}

interface Marked {
  readonly mark?: RecordMark;
}

export interface AuditChainParts {
  readonly redis: RedisConnection;
  readonly signer: Signer;
  readonly clock: Clock;
}

/**
 * Builds and signs entries here (Redis' Lua knows no SHA-256) and lets the script compare the chain's head: where
 * somebody appended in between, the entry is built again on top of theirs.
 */
export function createAuditChain({ redis, signer, clock }: AuditChainParts): AuditChain {
  return {
    async append(subject, draft, { mark, ...write }) {
      let head = await readHead(redis, subject);
      for (let attempt = 1; ; attempt += 1) {
        const entry = buildEntry(head, { subject, draft, mark, at: clock.now() });
        const answer = await runWriteScript(redis, write, signEntry(signer, head, entry));
        if (answer.answer !== "head" || attempt === ATTEMPTS) return answer;
        head = answer.head;
      }
    },
  };
}

async function readHead({ client, keys }: RedisConnection, subject: string): Promise<string> {
  const head = await asking(`reading the audit chain of ${subject}`, () =>
    client.hget(keys.auditHeads, subject),
  );
  return head ?? "";
}

interface EntryParts {
  readonly subject: string;
  readonly draft: AuditDraft;
  readonly mark: RecordMark | undefined;
  readonly at: number;
}

/** A head is `sequence:hash` of the last entry, "" before the first. */
function buildEntry(head: string, { subject, draft, mark, at }: EntryParts): AuditEntry {
  const [sequence, previous] = head.split(":");
  return {
    subject,
    sequence: (Number.parseInt(sequence ?? "", 10) || 0) + 1,
    previous: previous ?? "",
    at,
    actor: draft.actor,
    event: draft.event,
    details: { ...draft.details, ...(mark === undefined ? {} : { record: mark }) },
  };
}

function signEntry(signer: Signer, head: string, entry: AuditEntry): Append {
  const signed = signer.sign(AUDIT_STATEMENT, entry);
  return {
    subject: entry.subject,
    head,
    nextHead: `${entry.sequence}:${digest(signed)}`,
    entry: JSON.stringify(signed),
  };
}
