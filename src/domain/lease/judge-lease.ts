/** What a Lease says of its holder. https://kubernetes.io/docs/concepts/architecture/leases/ */
export interface LeaseRecord {
  /** "" where it was given back. */
  readonly holder: string;
  /** Compared for being the same, never read as a time: it is by another machine's clock. */
  readonly renewTime: string;
  readonly durationMs: number;
}

export type Sight = LeaseRecord | "absent";

/** What is seen now, and since when it has been that, by the monotonic clock of who looks. */
export interface Observation {
  readonly sight: Sight;
  readonly since: number;
}

/** `now`: when the answer was there, not when it was asked for. */
export function observe(before: Observation | undefined, sight: Sight, now: number): Observation {
  return before !== undefined && isSame(before.sight, sight) ? before : { sight, since: now };
}

export type Move =
  | { readonly move: "create" | "take" | "renew" }
  /** Create it with `nobody` for a holder. */
  | { readonly move: "announce" }
  /** Somebody may still hold it, for so long. */
  | { readonly move: "wait"; readonly ms: number };

/** No worker of ours holds one for longer: who writes a longer duration keeps the lanes from running so long, and no more. */
export const LONGEST_LEASE_MS = 300_000;

export interface Contender {
  /** Of this process alone, and of no earlier one. */
  readonly identity: string;
  /** Whether this process's own time is not over yet. */
  readonly holding: boolean;
  readonly durationMs: number;
  readonly now: number;
}

/**
 * What to do about a Lease. Whose it is may be changed only after the same sight for a whole duration, of the longer of
 * both, as in https://pkg.go.dev/k8s.io/client-go/tools/leaderelection. Unlike there this holds for a Lease that is absent
 * too: whoever it was deleted under may not know yet. Absence cannot be told from an earlier one, so nobody is made its
 * holder, and is waited for as anybody who does not renew; but not by who still holds it.
 */
export function nextMove({ sight, since }: Observation, contender: Contender): Move {
  const { identity, holding, durationMs, now } = contender;
  if (sight === "absent") return { move: holding ? "create" : "announce" };
  if (sight.holder === identity) return { move: "renew" };
  if (sight.holder === "" || (holding && isNobody(sight))) return { move: "take" };
  const ms = since + Math.max(durationMs, Math.min(sight.durationMs, LONGEST_LEASE_MS)) - now;
  return ms > 0 ? { move: "wait", ms } : { move: "take" };
}

/** A holder that never renews and never writes; not the same for two that announce. */
export function nobody(identity: string): string {
  return `${NOBODY}${identity}`;
}

const NOBODY = "nobody, says ";

function isNobody({ holder }: LeaseRecord): boolean {
  return holder.startsWith(NOBODY);
}

/** Of a duration, that is left out by the holder: clocks run apart, and what was sent arrives later. */
const MARGIN = 1 / 5;

/**
 * Until when a holder may write, by its monotonic clock. `sentAt`: when its last successful write of the Lease was
 * sent, which is before anybody can have seen it.
 */
export function heldUntil(sentAt: number, durationMs: number): number {
  return sentAt + durationMs * (1 - MARGIN);
}

function isSame(one: Sight, other: Sight): boolean {
  if (one === "absent" || other === "absent") return one === other;
  return one.holder === other.holder && one.renewTime === other.renewTime;
}
