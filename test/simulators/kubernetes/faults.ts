import { type Disturbance, PlantedFaults } from "../planted-faults.ts";

/** Which requests a fault meets; without `path` and `method`, any. */
interface FaultMatch {
  readonly method?: string;
  readonly path?: RegExp;
  /** Whether dry runs are meant, or only they are not; without it, either. */
  readonly dryRun?: boolean;
  /** Whatever else tells the request apart; asked last, as the request arrives. */
  readonly where?: (request: FaultedRequest) => boolean;
}

/** What goes wrong. Without `status` and `dropBefore` the request is carried out. */
export interface Fault extends Disturbance {
  /** HTTP status of the answer; the request is not carried out. */
  readonly status?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FaultedRequest {
  readonly method: string;
  readonly path: string;
  readonly dryRun: boolean;
  readonly body: string;
}

export class Faults extends PlantedFaults<FaultMatch, Fault, FaultedRequest> {
  constructor() {
    super(matches);
  }
}

function matches(match: FaultMatch, request: FaultedRequest): boolean {
  const { method, path, dryRun } = request;
  return (
    (match.method === undefined || match.method === method) &&
    (match.path?.test(path) ?? true) &&
    (match.dryRun === undefined || match.dryRun === dryRun) &&
    (match.where?.(request) ?? true)
  );
}
