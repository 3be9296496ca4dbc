import { z } from "zod";
import type { Cluster } from "../directory.ts";
import type { GatewayRef } from "../grant.ts";
import type { Envelope } from "../request/signed/envelope.ts";
import { timeText } from "../request/egress-grant/egress-grant.ts";
import type { RecordStatement } from "../request/signed/statements.ts";
import { type Failures, type Made, madeName, type Operation, operationName } from "./memory.ts";

/** What the lane has to remember of one gateway from now on; undefined in it stands for "no more". */
export interface MemoryChange {
  readonly operation?: Operation | undefined;
  readonly failures?: Failures | undefined;
  /** Added to what was made. */
  readonly made?: readonly Made[];
  /** No longer made by us: it is gone. */
  readonly unmade?: readonly Pick<Made, "kind" | "target">[];
}

export interface Writing {
  readonly cluster: Pick<Cluster, "name">;
  readonly gateway: GatewayRef;
  /** With the worker's key. */
  readonly sign: (record: RecordStatement) => Envelope;
}

/** The fields of an EgressGateway's status that say so, for a merge patch. `made`: as it stands there. */
export function memoryFields(
  made: unknown,
  change: MemoryChange,
  writing: Writing,
): Readonly<Record<string, unknown>> {
  return {
    ...("operation" in change ? { operation: operationEntry(change.operation, writing) } : {}),
    ...("failures" in change ? { failures: failuresEntry(change.failures) } : {}),
    ...(change.made === undefined ? {} : { made: withMade(made, change.made, writing) }),
    ...(change.unmade === undefined ? {} : { made: others(made, change.unmade) }),
  };
}

function operationEntry(
  operation: Operation | undefined,
  { cluster, gateway, sign }: Writing,
): Readonly<Record<string, unknown>> | null {
  if (operation === undefined) return null;
  const { step, since } = operation;
  const statement = sign({ name: operationName(cluster, gateway, step), value: operation });
  return { step, startedAt: timeText(since), statement };
}

/** The resource holds no longer text and no higher count. */
const LONGEST_MESSAGE = 2000;
const HIGHEST_COUNT = 1_000_000;

function failuresEntry(failures: Failures | undefined): Readonly<Record<string, unknown>> | null {
  if (failures === undefined) return null;
  const { step, kind, count, message, until } = failures;
  return {
    step,
    kind,
    count: Math.min(count, HIGHEST_COUNT),
    message: message.slice(0, LONGEST_MESSAGE),
    until: timeText(until),
  };
}

/** The resource holds no more entries. */
const MOST_MADE = 16;

/** An older entry of the same thing is replaced. */
function withMade(
  stored: unknown,
  added: readonly Made[],
  { cluster, gateway, sign }: Writing,
): readonly unknown[] {
  const entries = added.map((made) => ({
    kind: made.kind,
    target: made.target,
    at: timeText(made.at),
    statement: sign({ name: madeName(cluster, gateway, made), value: made }),
  }));
  return [...others(stored, added), ...entries].slice(-MOST_MADE);
}

/** What is stored, but for the entries of these. */
function others(
  stored: unknown,
  these: readonly Pick<Made, "kind" | "target">[],
): readonly unknown[] {
  return (z.array(z.looseObject({})).safeParse(stored).data ?? []).filter(
    (entry) =>
      !these.some(({ kind, target }) => entry["kind"] === kind && entry["target"] === target),
  );
}
