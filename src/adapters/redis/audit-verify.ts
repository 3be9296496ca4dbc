import { envelopeDigest } from "#src/domain/request/envelope.ts";
import type { RequestStore, StoredAuditEntry } from "#src/ports/request-store.ts";

type AuditedStore = Pick<RequestStore, "auditTrail">;

export interface AuditReport {
  /** How many entries were read. */
  readonly entries: number;
  /** One sentence each; none = every entry is signed, in its place, and follows the one before it. */
  readonly problems: readonly string[];
}

const PAGE = 500;

interface Chain {
  readonly sequence: number;
  readonly digest: string;
}

interface Walk {
  position: number;
  number: number;
  readonly chains: Map<string, Chain>;
  readonly problems: string[];
}

/**
 * Reads the whole audit log and checks signatures, the gapless global numbers and each subject's chain. What it cannot
 * see is the newest entries cut off: each cluster keeps the newest number it has seen.
 */
export async function verifyAudit(store: AuditedStore): Promise<AuditReport> {
  const walk: Walk = { position: 0, number: 0, chains: new Map(), problems: [] };
  for (;;) {
    const page = await store.auditTrail(walk.position + 1, PAGE);
    for (const stored of page) {
      walk.position += 1;
      if (stored === undefined) {
        walk.number += 1;
        walk.problems.push(`entry ${walk.number} is not readable, or has no signature of ours`);
      } else {
        follow(walk, stored);
      }
    }
    if (page.length < PAGE) return { entries: walk.position, problems: walk.problems };
  }
}

const NO_ENTRY: Chain = { sequence: 0, digest: "" };

function follow(walk: Walk, { number, entry, envelope }: StoredAuditEntry): void {
  const { subject, sequence, previous } = entry;
  const name = `entry ${number} (${subject})`;
  if (number !== walk.number + 1)
    walk.problems.push(`entry ${walk.number + 1} is missing: ${name} follows ${walk.number}`);
  const before = walk.chains.get(subject) ?? NO_ENTRY;
  if (sequence !== before.sequence + 1 || previous !== before.digest)
    walk.problems.push(`${name}: it does not follow the entry before it in its chain`);
  walk.chains.set(subject, { sequence, digest: envelopeDigest(envelope) });
  walk.number = number;
}
