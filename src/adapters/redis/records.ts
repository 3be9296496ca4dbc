import { type Envelope, MAX_PAYLOAD } from "#src/domain/request/signed/envelope.ts";
import {
  openStatement,
  type SignerRole,
  type Trust,
} from "#src/domain/request/signed/signature.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Clock } from "#src/ports/clock.ts";
import { FatalError } from "#src/ports/errors.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { RedisConnection } from "./connection.ts";

/** What a reader needs to believe a record. */
export interface Reader {
  readonly trust: Trust;
  readonly clock: Clock;
}

/** What keeping records takes: `signer` is this process's own, and another's records are not read back as its. */
export interface RecordParts extends Reader {
  readonly redis: RedisConnection;
  readonly signer: Signer;
  readonly log: ChangeLog;
}

/** Whose signature each kind of record needs. */
const WRITERS = {
  request: ["bot", "worker"],
  source: ["bot"],
  /** Judged by their own time: see `isSignedByUs` in audit/audit-log.ts. */
  audit: ["bot", "worker"],
  intake: ["bot"],
  lane: ["worker"],
  heartbeat: ["bot"],
  surfaces: ["bot", "worker"],
} as const satisfies Readonly<Record<string, readonly SignerRole[]>>;

/** What a record is and where it belongs: one copied to another place has another place's name. */
export type RecordName = `${keyof typeof WRITERS}:${string}`;

/** Longest text that is read back, in bytes: an envelope, and what little stands around it. */
export const MAX_TEXT = MAX_PAYLOAD + 2048;

/** @throws FatalError `RecordTooLarge` where it could not be read back. */
export function sealRecord(signer: Signer, name: RecordName, value: unknown): Envelope {
  const { envelope } = signer.sign("record", { name, value });
  if (envelope.payload.length > MAX_PAYLOAD)
    throw new FatalError("RecordTooLarge", `writing ${name}: it is too large to be read back`);
  return envelope;
}

/**
 * The value of a record whose signature and name are right; its shape is the caller's to check.
 * @throws FatalError `StoreOverwritten` for anything else, whatever it is.
 */
export function openRecord({ trust, clock }: Reader, name: RecordName, raw: unknown): unknown {
  const problems = new Set<string>();
  for (const role of writersOf(name)) {
    const opened = openStatement(trust, raw, { kind: "record", at: clock.now(), role });
    if (opened.opened) {
      const { payload } = opened.statement;
      if (payload.name === name) return payload.value;
      throw overwritten(name, new Error("it belongs to another place"));
    }
    problems.add(opened.problem);
  }
  throw overwritten(name, new Error([...problems].join(", ")));
}

function writersOf(name: RecordName): readonly SignerRole[] {
  const kind = name.slice(0, name.indexOf(":"));
  return isKind(kind) ? WRITERS[kind] : [];
}

function isKind(kind: string): kind is keyof typeof WRITERS {
  return kind in WRITERS;
}

/** @throws FatalError `StoreOverwritten` where the text is too long or no JSON. */
export function parseText(what: string, text: string): unknown {
  if (text.length > MAX_TEXT) throw overwritten(what, new Error("it is too long"));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw overwritten(what, cause);
  }
}

export function overwritten(what: string, cause: unknown): FatalError {
  return new FatalError("StoreOverwritten", `reading ${what}: it is not what was written`, {
    cause,
  });
}
