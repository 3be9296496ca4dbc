import { clockRefusal } from "#src/domain/time/clock-offset.ts";
import { LaneBeat, laneBeatKey } from "#src/domain/time/heartbeat.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Chat } from "#src/ports/chat/chat.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ClockCheck } from "#src/ports/clock-check.ts";
import { RetryableError } from "#src/ports/errors.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { Heartbeats } from "#src/ports/store/heartbeats.ts";
import { readBoard } from "#src/requests/read-board.ts";
import { overText, type Trouble, troubleText } from "./render/trouble/trouble.ts";
import {
  lookedAgain,
  nameOf,
  NOTHING_SEEN,
  type Patience,
  type Sighting,
  type WatchMemory,
} from "./watch-memory.ts";

export interface WatchdogPorts {
  readonly clusters: readonly string[];
  readonly boards: Pick<LaneStore, "read">;
  readonly heartbeats: Pick<Heartbeats, "beat">;
  readonly configDigest: string;
  readonly clock: Clock;
  readonly clockCheck: ClockCheck;
  readonly chat: Chat;
  /** The approvers'; where none is configured the log is all there is. */
  readonly channel: string | undefined;
  readonly patience: Patience;
  readonly log: ChangeLog;
}

/**
 * Says in the approvers' channel what nobody else can say: that Redis is away or that the lanes have stopped; and once
 * when that is over. All it needs is in this process's memory, so each bot says it for itself.
 */
export class Watchdog {
  readonly #ports: WatchdogPorts;
  #memory: WatchMemory = NOTHING_SEEN;
  readonly #told = new Map<string, Trouble>();

  constructor(ports: WatchdogPorts) {
    this.#ports = ports;
  }

  /** Looks once, and says what is new. What could not be said is said after the next look. */
  async look(): Promise<void> {
    await this.#beat();
    this.#memory = lookedAgain(this.#memory, await this.#see(), this.#ports.patience);
    const now = new Map(this.#memory.troubles.map((trouble) => [nameOf(trouble), trouble]));
    for (const [name, trouble] of now) {
      if (this.#told.has(name) || !(await this.#say(name, troubleText(trouble)))) continue;
      this.#told.set(name, trouble);
    }
    for (const [name, trouble] of this.#told) {
      if (now.has(name) || !(await this.#say(name, overText(trouble)))) continue;
      this.#told.delete(name);
    }
  }

  /** Said for the worker, which tells where no bot listens. */
  async #beat(): Promise<void> {
    const { heartbeats, clock, configDigest, log } = this.#ports;
    try {
      await heartbeats.beat({ at: clock.now(), configDigest });
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      log.warn({ reason: error }, "heartbeat not possible");
    }
  }

  async #see(): Promise<Sighting> {
    const { clock, clockCheck } = this.#ports;
    return {
      lanes: await this.#lanes(),
      now: clock.now(),
      clockIsOff: clockRefusal(clockCheck.offsetMs(), "") !== undefined,
    };
  }

  async #lanes(): Promise<Sighting["lanes"]> {
    const { clusters, boards } = this.#ports;
    const mesh = new Map<string, number | undefined>();
    const gateways = new Map<string, number | undefined>();
    try {
      for (const cluster of clusters) {
        mesh.set(cluster, (await readBoard(boards, cluster))?.at);
        const beat = LaneBeat.safeParse(await boards.read(laneBeatKey(cluster))).data;
        gateways.set(cluster, beat?.cluster === cluster ? beat.at : undefined);
      }
    } catch (error) {
      if (!(error instanceof RetryableError)) throw error;
      return "redis-away";
    }
    return { mesh, gateways };
  }

  async #say(subject: string, text: string): Promise<boolean> {
    const { chat, channel, log } = this.#ports;
    log.error({ subject, text }, "announcement");
    if (channel === undefined) return true;
    try {
      await chat.post(channel, undefined, { text });
      return true;
    } catch (error) {
      log.warn({ subject, reason: error }, "announcement not possible");
      return false;
    }
  }
}

/** Has it look again and again; the returned function stops that. */
export function startLooking(
  watcher: Pick<Watchdog, "look">,
  everyMs: number,
  log: ChangeLog,
): () => void {
  let stopped = false;
  function next(): void {
    if (stopped) return;
    setTimeout(() => void once(), everyMs).unref();
  }
  async function once(): Promise<void> {
    try {
      await watcher.look();
    } catch (error) {
      log.error({ err: error }, "a watcher could not look");
    }
    next();
  }
  next();
  return () => {
    stopped = true;
  };
}
