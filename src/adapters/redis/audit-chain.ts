import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { Clock } from "#src/ports/clock.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { AuditDraft, AuditEntry } from "#src/ports/request-store.ts";
import type { RedisConnection } from "./connection.ts";
import { asking } from "./connection.ts";
import { runWriteScript, type Append, type ScriptAnswer, type Write } from "./write-script.ts";

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
}

/** The name an entry is signed under. */
export function entryName({ subject, sequence }: AuditEntry): string {
  return `audit:${subject}:${sequence}`;
}

/**
 * Builds and signs entries here (Redis' Lua knows no SHA-256) and lets the script compare the chain's head: where
 * somebody appended in between, the entry is built again on top of theirs.
 */
export function createAuditChain({ redis, signer, clock }: AuditChainParts): AuditChain {
  return {
    async append(subject, draft, write) {
      let head = await readHead(redis, subject);
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const entry = buildEntry(head, { subject, draft, at: clock.now() });
        const answer = await runWriteScript(redis, write, signEntry(signer, head, entry));
        if (answer.answer !== "head") return answer;
        head = answer.head;
      }
      throw new RetryableError(`writing ${subject}: others write its audit chain all the time`);
    },
  };
}

async function readHead({ client, keys }: RedisConnection, subject: string): Promise<string> {
  const head = await asking(`reading the audit chain of ${subject}`, async () =>
    (await client.type(keys.auditHeads)) === "hash" ? client.hget(keys.auditHeads, subject) : "",
  );
  return head ?? "";
}

interface EntryParts {
  readonly subject: string;
  readonly draft: AuditDraft;
  readonly at: number;
}

/** A head is `sequence:digest` of the last entry, "" before the first; one that is neither starts the chain again. */
function buildEntry(head: string, { subject, draft, at }: EntryParts): AuditEntry {
  const [, sequence = "0", previous = ""] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(head) ?? [];
  return {
    subject,
    sequence: Number(sequence) + 1,
    previous,
    at,
    actor: draft.actor,
    event: draft.event,
    details: draft.details ?? {},
  };
}

function signEntry(signer: Signer, head: string, entry: AuditEntry): Append {
  const { envelope } = signer.sign("record", { name: entryName(entry), value: entry });
  return {
    subject: entry.subject,
    head,
    nextHead: `${entry.sequence}:${envelopeDigest(envelope)}`,
    entry: JSON.stringify(envelope),
  };
}
