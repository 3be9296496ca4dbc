import { type Disturbance, PlantedFaults } from "../planted-faults.ts";

/** Which calls a fault meets; without a field, any. */
interface FaultMatch {
  readonly method?: string;
  /** Tried on path and query. */
  readonly path?: RegExp;
  /** Whatever else tells the call apart; asked last, as the call arrives. */
  readonly where?: (call: FaultedCall) => boolean;
}

/** What goes wrong. Several may be combined; without `status` the call is carried out. */
export interface Fault extends Disturbance {
  /** HTTP status of the answer; the call is not carried out. */
  readonly status?: number;
  readonly code?: string;
  readonly message?: string;
  /** Sent with the answer, also where the call is carried out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The error body has no outer `error`, as some of AKS's have. */
  readonly flat?: boolean;
  /** The write is accepted and its operation ends `Failed` with this. */
  readonly failOperation?: OperationFailure;
}

export interface OperationFailure {
  readonly code: string;
  readonly message: string;
}

export interface FaultedCall {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** As sent. */
  readonly body: string;
}

export class Faults extends PlantedFaults<FaultMatch, Fault, FaultedCall> {
  constructor() {
    super(matches);
  }
}

function matches({ method, path, where }: FaultMatch, called: FaultedCall): boolean {
  if (method !== undefined && method.toUpperCase() !== called.method) return false;
  const isThere =
    path === undefined || new RegExp(path.source, path.flags.replace(/[gy]/g, "")).test(called.url);
  return isThere && (where?.(called) ?? true);
}
