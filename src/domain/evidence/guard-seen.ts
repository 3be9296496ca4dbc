import type { StoredEvidence } from "../request/stored-evidence.ts";
import type { RequestRecord } from "../request/request.ts";
import type { Check } from "./check.ts";

/** What a proof last saw of a namespace's guard: its check that nothing goes round the gateway. */
export interface GuardSeen {
  /** The request whose proof it was. */
  readonly id: string;
  readonly at: number;
  readonly check: Check;
}

/** By `cluster/namespace`, of requests that are open: the newest that says something of it. Pure. */
export function guardsSeen(
  records: readonly Pick<RequestRecord, "id" | "asked" | "evidence">[],
): ReadonlyMap<string, GuardSeen> {
  const seen = new Map<string, GuardSeen>();
  for (const { id, asked, evidence } of records) {
    const place = `${asked.cluster}/${asked.scope.namespace}`;
    for (const [at, check] of bypassChecks(evidence))
      if (at > (seen.get(place)?.at ?? -Infinity)) seen.set(place, { id, at, check });
  }
  return seen;
}

function bypassChecks(evidence: StoredEvidence | undefined): readonly (readonly [number, Check])[] {
  if (evidence === undefined) return [];
  return [evidence, ...Object.values(evidence.grants ?? {})].flatMap(({ at, checks }) =>
    checks.filter(({ name }) => name === "no-bypass").map((check) => [at, check] as const),
  );
}
