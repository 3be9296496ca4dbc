import { randomUUID } from "node:crypto";
import { type Answer, refusal } from "./answers.ts";
import type { OperationFailure } from "./faults.ts";
import type { Json } from "./json.ts";

export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  /** What it says while it runs, spread evenly over its time. */
  readonly statuses: readonly string[];
  readonly startedAt: number;
  readonly failure: OperationFailure | undefined;
  readonly settle: () => void;
  endedAt: number | undefined;
}

export type NewOperation = Omit<Operation, "id" | "startedAt" | "endedAt">;

const GONE = refusal(404, { code: "NotFound", message: "The operation was not found." });

/** https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
export class Operations {
  readonly #operations: Operation[] = [];
  readonly #clock: () => number;
  readonly #operationMs: number;
  readonly #statuses: readonly string[] | undefined;

  /** `statuses` instead of what each operation says by itself. */
  constructor(clock: () => number, operationMs: number, statuses?: readonly string[]) {
    this.#clock = clock;
    this.#operationMs = operationMs;
    this.#statuses = statuses;
  }

  start(operation: NewOperation): Operation {
    const started = {
      ...operation,
      id: randomUUID(),
      startedAt: this.#clock(),
      endedAt: undefined,
    };
    this.#operations.push(started);
    return started;
  }

  /** Ends what has run long enough, oldest first; true while others still run. */
  settleDue(): boolean {
    const now = this.#clock();
    for (const operation of this.#operations) {
      const due = operation.startedAt + this.#operationMs;
      if (operation.endedAt !== undefined || now < due) continue;
      operation.endedAt = due;
      operation.settle();
    }
    return this.#operations.some(({ endedAt }) => endedAt === undefined);
  }

  read(id: string): Answer {
    const operation = this.#find(id);
    return operation === undefined ? GONE : { status: 200, body: this.#body(operation) };
  }

  /** What the `location` of a deletion leads to: 202 while it runs. */
  readResult(id: string, url: URL): Answer {
    const operation = this.#find(id);
    if (operation === undefined) return GONE;
    if (operation.endedAt === undefined) return { status: 202, headers: { location: url.href } };
    return operation.failure === undefined ? { status: 204 } : refusal(409, operation.failure);
  }

  #find(id: string): Operation | undefined {
    return this.#operations.find((candidate) => candidate.id === id.toLowerCase());
  }

  #body(operation: Operation): Json {
    const { id, startedAt, endedAt, failure } = operation;
    const started = { name: id, startTime: new Date(startedAt).toISOString() };
    if (endedAt === undefined) return { ...started, status: this.#runningStatus(operation) };
    const ended = { ...started, endTime: new Date(endedAt).toISOString() };
    return failure === undefined
      ? { ...ended, status: "Succeeded" }
      : { ...ended, status: "Failed", error: { ...failure } };
  }

  /** AKS puts free text here: a client must not know the words. */
  #runningStatus({ statuses, startedAt }: Operation): string {
    const said = this.#statuses ?? statuses;
    const share = (this.#clock() - startedAt) / this.#operationMs;
    return said[Math.min(said.length - 1, Math.floor(share * said.length))] ?? "InProgress";
  }
}
