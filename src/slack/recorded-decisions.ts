import { fateOf, type Fate, orderFate } from "#src/domain/request/fate.ts";
import type { Decision, AnyRequest } from "#src/domain/request/request.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import { RetryableError, unlessOverwritten } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Recorded } from "#src/requests/decision/decide-ports.ts";
import { grantsOn, readBoard } from "#src/requests/read-board.ts";
import { type ByHand, notFollowedText } from "./render/recorded.ts";

interface RecordedPorts {
  readonly store: Pick<RequestStore, "get">;
  readonly boards: Pick<LaneStore, "read">;
  readonly chat: Pick<Chat, "post">;
  readonly clock: Clock;
  readonly config: ByHand;
  /** How long carrying one out may take before it is missed. */
  readonly patienceMs: number;
  readonly log: ChangeLog;
}

interface Waiting {
  readonly decision: Decision;
  readonly thread: { readonly channel: string; readonly threadTs: string };
  /** Ours; begun again while Redis is away. */
  since: number;
}

/** So many are remembered; who decides more than that within minutes has other means. */
const MOST = 1000;

/**
 * People were told that their decision is recorded, and Redis may lose it the next moment, or nobody may carry it out. So
 * this process remembers it until the worker's word is seen, and says so in its thread where none comes.
 */
export class RecordedDecisions implements Recorded {
  readonly #ports: RecordedPorts;
  /** By what was decided on: a later decision takes the place of the one before it. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(ports: RecordedPorts) {
    this.#ports = ports;
  }

  add(decision: Decision, thread: Waiting["thread"]): void {
    const subject = subjectOf(decision);
    this.#waiting.delete(subject);
    this.#waiting.set(subject, { decision, thread, since: this.#ports.clock.now() });
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MOST && oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Looks once at each; what could not be said is said after the next look. */
  async look(): Promise<void> {
    for (const [subject, waiting] of this.#waiting)
      if (await this.#isSettled(waiting)) this.#waiting.delete(subject);
  }

  async #isSettled(waiting: Waiting): Promise<boolean> {
    const { clock, patienceMs, log } = this.#ports;
    try {
      const fate = await this.#fateOf(waiting.decision);
      if (fate === "carried-out") return true;
      if (clock.now() - waiting.since <= patienceMs) return false;
      await this.#tell(waiting, fate);
      return true;
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      log.warn({ decision: waiting.decision.id, reason: error }, "a decision is looked at again");
      // Redis or Slack is away, which is told by itself: afterwards lanes get their time again.
      waiting.since = clock.now();
      return false;
    }
  }

  async #fateOf(decision: Decision): Promise<Fate> {
    const board = await readBoard(this.#ports.boards, decision.cluster);
    if (decision.about === "cluster") return orderFate(decision, { board });
    const { requestId } = decision;
    const record = await this.#record(requestId);
    return fateOf(decision, {
      record,
      board,
      entries: grantsOn(board, requestId).flatMap(([grantId, entry]) =>
        decision.grantIds?.includes(grantId) === false ? [] : [entry],
      ),
    });
  }

  #record(id: string): Promise<AnyRequest | undefined> {
    return unlessOverwritten(
      () => this.#ports.store.get(id),
      () => undefined,
    );
  }

  async #tell({ decision, thread }: Waiting, fate: "under-way" | "lost"): Promise<void> {
    const { chat, config, log } = this.#ports;
    log.error({ subject: subjectOf(decision), decision: decision.id, fate }, "nothing followed");
    const text = notFollowedText(decision, fate, config);
    await chat.post(thread.channel, thread.threadTs, { text });
  }
}

function subjectOf(decision: Decision): string {
  if (decision.about === "cluster") return `cluster:${decision.cluster}`;
  return decision.grantIds?.join(" ") ?? decision.requestId;
}
