import { randomUUID } from "node:crypto";
import { type Answer, refusal } from "./answers.ts";
import type { OperationFailure } from "./faults.ts";
import type { Json } from "./json.ts";

export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  /** Set where the operation is on one pool. */
  readonly pool: { readonly name: string; readonly count: number } | undefined;
  readonly startedAt: number;
  readonly failure: OperationFailure | undefined;
  readonly settle: () => void;
  endedAt: number | undefined;
}

export type NewOperation = Omit<Operation, "id" | "startedAt" | "endedAt">;

/** https://learn.microsoft.com/azure/azure-resource-manager/management/async-operations */
export class Operations {
  readonly #operations: Operation[] = [];
  readonly #clock: () => number;
  readonly #operationMs: number;

  constructor(clock: () => number, operationMs: number) {
    this.#clock = clock;
    this.#operationMs = operationMs;
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
    const operation = this.#operations.find((candidate) => candidate.id === id.toLowerCase());
    if (operation === undefined)
      return refusal(404, { code: "NotFound", message: "The operation was not found." });
    return { status: 200, body: this.#body(operation) };
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
  #runningStatus({ pool, startedAt }: Operation): string {
    const share = (this.#clock() - startedAt) / this.#operationMs;
    if (share < 1 / 3) return "InProgress";
    if (pool === undefined) return share < 2 / 3 ? "ReconcilingDNS" : "ReconcilingAddons";
    const ready = Math.floor(Math.max(0, share * 2 - 1) * pool.count);
    return `CreatingAgentPool: ${ready}/${pool.count} nodes completed`;
  }
}
