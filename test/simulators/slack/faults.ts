import { type Disturbance, PlantedFaults } from "../planted-faults.ts";

/** Which calls a fault meets; `response_url` stands for a POST to a response_url. */
interface FaultMatch {
  readonly method: string | RegExp;
}

/** What goes wrong. Several may be combined; without `status` or `error` the call is carried out. */
export interface Fault extends Disturbance {
  /** HTTP status of the answer; the call is not carried out. Default 200, or 429 with `retryAfter`. */
  readonly status?: number;
  /** `error` of the answer; the call is not carried out. */
  readonly error?: string;
  /** Seconds, sent as `Retry-After`. */
  readonly retryAfter?: number;
}

interface FaultedCall {
  readonly method: string;
}

export class Faults extends PlantedFaults<FaultMatch, Fault, FaultedCall> {
  constructor() {
    super(matches);
  }
}

function matches(match: FaultMatch, { method }: FaultedCall): boolean {
  return typeof match.method === "string" ? match.method === method : match.method.test(method);
}
