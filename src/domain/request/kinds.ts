import type { AdminAsked, AnyRequest, Asked, RequestRecord } from "./request.ts";

/** The request, where it asks for egress. */
export function egressRequest(record: AnyRequest | undefined): RequestRecord | undefined {
  return record?.kind === "grant" ? record : undefined;
}

/** Those that ask for egress. */
export function egressRequests(records: readonly AnyRequest[]): readonly RequestRecord[] {
  return records.filter((record) => record.kind === "grant");
}

/** Whether egress is asked for. */
export function asksForEgress(asked: Asked | AdminAsked): asked is Asked {
  return "destination" in asked;
}
