import type { JsonObject } from "./json.ts";
import { type Disturbance, PlantedFaults } from "../planted-faults.ts";

/** Which calls a fault meets; `response_url` stands for a POST to a response_url. */
interface FaultMatch {
  readonly method: string | RegExp;
  /** Whatever else tells the call apart; asked last, as the call arrives. */
  readonly where?: (call: FaultedCall) => boolean;
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

export interface FaultedCall {
  readonly method: string;
  /** Without the token. */
  readonly args: JsonObject;
  /** Names the client's libraries: who calls. */
  readonly userAgent: string;
}

export class Faults extends PlantedFaults<FaultMatch, Fault, FaultedCall> {
  constructor() {
    super(matches);
  }
}

function matches({ method, where }: FaultMatch, call: FaultedCall): boolean {
  const isMeant = typeof method === "string" ? method === call.method : method.test(call.method);
  return isMeant && (where?.(call) ?? true);
}
