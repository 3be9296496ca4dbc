import type { Policy } from "#src/domain/approval/policy.ts";
import type { Directory } from "#src/domain/directory.ts";
import type { Decision } from "#src/domain/request/request.ts";
import type { Trust } from "#src/domain/request/signed/signature.ts";
import type { Announcer } from "#src/ports/chat/announcer.ts";
import type { ChangeLog } from "#src/ports/change-log.ts";
import type { Clock } from "#src/ports/clock.ts";
import type { ClockCheck } from "#src/ports/clock-check.ts";
import type { Identity } from "#src/ports/chat/identity.ts";
import type { Ids } from "#src/ports/ids.ts";
import type { JobQueue } from "#src/ports/store/job-queue.ts";
import type { Signer } from "#src/ports/keys.ts";
import type { LaneStore } from "#src/ports/store/lane-store.ts";
import type { RequestStore } from "#src/ports/store/request-store.ts";
import type { Timers } from "#src/ports/timers.ts";

/** What people were told is recorded, and nobody has said yet that it is carried out. */
export interface Recorded {
  /** `thread`: where its author reads. */
  add(decision: Decision, thread: { readonly channel: string; readonly threadTs: string }): void;
}

/** What deciding needs: of the bot alone, which holds the decision key. */
export interface DecidePorts {
  readonly config: {
    readonly policy: Policy;
    readonly directory: Directory;
    readonly digest: string;
  };
  readonly store: RequestStore;
  readonly boards: Pick<LaneStore, "read">;
  readonly queue: JobQueue;
  readonly clock: Clock;
  readonly timers: Pick<Timers, "sleep">;
  readonly clockCheck: ClockCheck;
  readonly ids: Ids;
  readonly identity: Identity;
  readonly announcer: Announcer;
  readonly recorded: Recorded;
  readonly decisionSigner: Signer;
  readonly trust: Trust;
  readonly log: ChangeLog;
}
