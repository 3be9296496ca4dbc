import { digest } from "../canonical.ts";
import type { RequestRecord } from "./request.ts";

/** What a signed audit entry says, under `details.record`, of the request that was written with it. */
export interface RecordMark {
  readonly version: number;
  /** Of the record as written. SHA-256 (hex) of its canonical JSON, as the next one. */
  readonly digest: string;
  /** Of the record it was made from and replaced; "" of the first version. */
  readonly replaced: string;
}

export function markOf(record: RequestRecord, replaced: RequestRecord | undefined): RecordMark {
  return {
    version: record.version,
    digest: digest(record),
    replaced: replaced === undefined ? "" : digest(replaced),
  };
}

/** The mark among an entry's details, if there is one. */
export function markAmong(details: Readonly<Record<string, unknown>>): RecordMark | undefined {
  const mark = details["record"];
  if (typeof mark !== "object" || mark === null) return undefined;
  if (!("version" in mark) || typeof mark.version !== "number") return undefined;
  if (!("digest" in mark) || typeof mark.digest !== "string") return undefined;
  if (!("replaced" in mark) || typeof mark.replaced !== "string") return undefined;
  return { version: mark.version, digest: mark.digest, replaced: mark.replaced };
}
