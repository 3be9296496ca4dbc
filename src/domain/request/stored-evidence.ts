import type { Evidence } from "../evidence/judge.ts";
import type { Answered, EndCause } from "./request.ts";

/** A copy for people of what the cluster says of one grant. */
export interface EndedAlone extends Answered {
  readonly cause: EndCause;
  readonly at: number;
}

/** What was last seen of one of several grants. */
export interface GrantEvidence extends Evidence {
  readonly at: number;
  /** Once it ended: whether the refusal was proven. */
  readonly removal?: Evidence;
}

/** What was last seen of a request. Of several grants: what holds of all of them, and under `grants` what of each. */
export interface StoredEvidence extends Evidence {
  readonly at: number;
  /** Raised by one whenever a verdict changes. */
  readonly serial: number;
  readonly egressIpPrefix: string | undefined;
  /** Digest of others' part in how the namespace gets out, as it was then; see `plan/ways-out/others-digest.ts`. */
  readonly others?: string;
  /** Mesh revisions that the gateway had pods of then; sorted. */
  readonly revisions?: readonly string[];
  /** Of a request that ended: whether the refusal was proven. */
  readonly removal?: Evidence;
  /** By grant id; there only where there are several. */
  readonly grants?: Readonly<Record<string, GrantEvidence>>;
}
